import * as z from 'zod';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { WorldCheck, WorldFinding } from '../../protocol/entities/world-check.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { serverCheck } from '../../protocol/operations/server-removal.ts';
import { type Context, command } from '../grammar/command.ts';
import { bytes, type Cell, counted, duration, table } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';

const foundExit = 10;
/** Servers asked about at a time. */
const atOnce = 4;

/** `zedops server check`. */
export const checkCommand = command({
  words: 'server check',
  summary: serverCheck.summary,
  details: [
    'It reads the beginnings of the files, and opens no database: a game that runs is not disturbed. Sizes are measured slowly, and kept for five minutes.',
  ],
  subject: serverCheck.subject,
  input: z.object({
    server: serverCheck.request.shape.server.optional(),
    all: z.boolean().default(false).describe('every server you may see'),
  }),
  positional: ['server'],
  examples: ['zedops server check alpha', 'zedops server check --all --json'],
  exits: { [foundExit]: 'something is missing or cannot be read' },
  async run({ server, all }, context) {
    if ((server === undefined) !== all) {
      throw new ZedopsError('INVALID_INPUT', 'Say which server, or --all', { hint: 'zedops server check --all' });
    }
    const manager = await context.manager();
    const checks = server === undefined ? await checkAll(manager, context) : [await ask(manager, server, context)];
    const paint = await createPaint(context.globals.color);
    const colours = { ok: paint.good, warn: paint.warn, fail: paint.bad };
    const shown = server === undefined ? { checks } : { check: checks[0] };
    context.talk.show(shown, () => {
      const rows = checks.flatMap((check) =>
        [...check.findings, ...sizeLine(check)].map((finding): Cell[] => [
          check.server,
          { text: finding.level, paint: colours[finding.level] },
          finding.item,
          finding.text,
        ]),
      );
      return table([], rows);
    });
    return checks.some(({ findings }) => findings.some(({ level }) => level === 'fail')) ? foundExit : undefined;
  },
});

async function ask(manager: ManagerClient, server: string, { signal }: Context): Promise<WorldCheck> {
  return (await manager.call(serverCheck, { server }, signal)).check;
}

async function checkAll(manager: ManagerClient, context: Context): Promise<readonly WorldCheck[]> {
  const { servers } = await manager.call(serverList, {}, context.signal);
  const checks: WorldCheck[] = [];
  for (let at = 0; at < servers.length; at += atOnce) {
    const some = servers.slice(at, at + atOnce).map(async ({ name }) => {
      try {
        return await ask(manager, name, context);
      } catch (error) {
        if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
        return { server: name, folder: '', findings: [{ item: 'host', level: 'fail' as const, text: error.message }] };
      }
    });
    checks.push(...(await Promise.all(some)));
  }
  return checks;
}

function sizeLine({ sizes }: WorldCheck): readonly WorldFinding[] {
  if (!sizes) return [];
  const folders = sizes.folders.map((size) => `${size.folder} ${bytes(size.bytes)} in ${counted(size.files, 'file')}`);
  const age = sizes.ageSeconds < 1 ? 'just now' : `${duration(sizes.ageSeconds)} ago`;
  const text = [...folders, counted(sizes.mapChunks, 'map chunk'), `measured ${age}`].join(', ');
  return [{ item: 'sizes', level: 'ok', text }];
}
