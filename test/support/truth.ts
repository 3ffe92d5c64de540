import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { eventually } from './eventually.ts';
import type { Fleet } from './fleet.ts';

/** A host's containers, folders and jobs as they really are, beside what is shown of them. */
export interface Truth {
  /** State of every server by its name, deleted ones too. */
  readonly states: Readonly<Record<string, string>>;
  /** What is wrong: strange containers or folders, a state that the engine contradicts, locks and jobs that never ended. */
  readonly lies: readonly string[];
}

const Shown = z.object({
  name: z.string(),
  id: z.string(),
  state: z.string(),
  observed: z.object({ lock: z.unknown().optional(), activity: z.unknown().optional() }).optional(),
});
const Listed = z.object({ servers: z.array(z.object({ name: z.string() })) });
const Jobs = z.object({ jobs: z.array(z.object({ id: z.string(), subject: z.string(), state: z.string() })) });

/** What each word of the engine may be shown as, where nothing is under way. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  running: ['ready', 'starting'],
  exited: ['stopped', 'crashed', 'failed'],
  created: ['stopped', 'failed'],
  paused: ['paused'],
  none: ['missing', 'deleted', 'lost', 'failed'],
};

/** Waits until nothing is under way on the host and all that is shown of it is true; says what is there. */
export async function settledTruth(fleet: Fleet, socket?: string): Promise<Truth> {
  const { states } = await eventually('what is shown to be what there is', async () => {
    const truth = await lookAround(fleet, socket);
    if (truth.lies.length > 0) throw new Error(truth.lies.join('; '));
    return truth;
  });
  return { states, lies: [] };
}

async function lookAround(fleet: Fleet, socket = '/var/run/docker.sock'): Promise<Truth> {
  const list = async (...flags: string[]) =>
    Listed.parse(await fleet.owner.json(['server', 'list', ...flags])).servers.map(({ name }) => name);
  const [alive, deleted, { jobs }] = await Promise.all([
    list(),
    list('--deleted'),
    fleet.owner.json(['job', 'list']).then((value) => Jobs.parse(value)),
  ]);
  const names = [...alive, ...deleted];
  const shown = await Promise.all(
    names.map(
      async (name) => z.object({ server: Shown }).parse(await fleet.owner.json(['server', 'show', name])).server,
    ),
  );
  const lies = jobs.filter(({ state }) => state === 'running').map(({ subject }) => `a job of ${subject} still runs`);
  const { stdout } = await execa('docker', [
    ...['--host', `unix://${socket}`, 'ps', '--all', '--filter', 'label=zedops.managed=true', '--format'],
    '{{.Label "zedops.server.id"}} {{.Names}} {{.State}}',
  ]);
  const containers = stdout.split('\n').flatMap((line) => {
    const [id = '', name = '', status = ''] = line.split(' ');
    return line === '' ? [] : [{ id, name, status }];
  });
  for (const { id, name, state, observed } of shown) {
    const [own, ...more] = containers.filter((container) => container.id === id);
    if (more.length > 0) lies.push(`${name} has ${more.length + 1} containers`);
    if (observed?.lock !== undefined || observed?.activity !== undefined) lies.push(`${name} is still worked on`);
    const is = own?.status ?? 'none';
    if (!fitting[is]?.includes(state)) lies.push(`${name} is shown as ${state}, and its container is ${is}`);
    if (own && own.name !== `simulator-${name}`) lies.push(`the container of ${name} is named ${own.name}`);
  }
  // Fleets of other tests may be at work on the same engine: only a container of this one's folders is its own.
  const folders = await readdir(join(fleet.box.home, 'servers'));
  // The original of a move is kept beside, also of a server that is no more.
  const strange = folders.filter((folder) => !names.includes(folder) && !/\.moved-\w+$/.test(folder));
  if (strange.length > 0) lies.push(`there are folders of nobody: ${strange.join(', ')}`);
  for (const folder of folders) {
    const halves = (await readdir(join(fleet.box.home, 'servers', folder))).filter((file) => file.endsWith('.tmp'));
    if (halves.length > 0) lies.push(`files half written lie in ${folder}: ${halves.join(', ')}`);
  }
  return { states: Object.fromEntries(shown.map(({ name, state }) => [name, state])), lies };
}
