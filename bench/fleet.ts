import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import type { Session } from '../src/client/connect/session.ts';
import { hostInvite } from '../src/protocol/operations/host.ts';
import { serverCreate, serverList } from '../src/protocol/operations/server.ts';
import { eventually } from '../test/support/eventually.ts';
import { createFleet, type Fleet } from '../test/support/fleet.ts';
import { type Daemon, program } from '../test/support/zedops.ts';
import { amount, type Bench, type BenchContext, beside, type Row } from './comparison.ts';
import { type Crowd, gatherCrowd } from './fake-agent/crowd.ts';
import { idleServerEnv } from './idle-server.ts';
import { inTurns } from './in-turns.ts';
import { leanEnv } from './machine.ts';
import { processorSeconds, residentMemory } from './process-use.ts';
import { openSignedIn } from './signed-in.ts';
import { interleave, median, percentile } from './statistics.ts';
import { timed } from './timed.ts';

const large = { hosts: 200, processes: 2 } as const;
const small = { hosts: 1, processes: 1 } as const;
const serversOnHost = 5;
const outageMs = 5_000;
const storms = 3;
const idleMs = 60_000;
const requests = 500;
const commands = 100;
const warmUps = 5;

/** What a large fleet costs its manager, beside what a small one does. */
export const fleet: Bench = {
  name: 'fleet',
  method: `A manager with ${large.hosts} hosts of ${serversOnHost} servers each beside another, in the same run, with one host of ${serversOnHost}: here “against” is the small fleet, and the ratio says what ${large.hosts} times the hosts cost. Hosts are played by ${large.processes} processes with an agent’s own way to connect: TLS 1.3 with its certificate on loopback, its own pauses between two tries, the same news of each server once a minute. Servers were made by \`server.create\`. Storm: the manager is stopped for ${outageMs / 1000} s and started; the time is from its start until every host has connected and told all of its servers (an agent tries once a second then), and from the first to the last of them; medians of ${storms}, in turn. At rest: processor time in a minute in which nobody asks anything, a minute after the last storm, and VmRSS at its end. \`server list\`: ${requests} requests on a signed-in person’s open session, each counted until its answer is parsed, and ${commands} whole processes with \`--json\`; all in turn.`,
  async run(context) {
    const { say } = context;
    const fleets = { large: await makeFleet(context, large), small: await makeFleet(context, small) };
    say(`${storms} storms on each`);
    const storm: Record<keyof typeof fleets, Storm[]> = { large: [], small: [] };
    await interleave(storms, {
      large: async () => storm.large.push(await raiseStorm(context, fleets.large)),
      small: async () => storm.small.push(await raiseStorm(context, fleets.small)),
    });
    say('two minutes of rest');
    await pause(idleMs);
    const rest = await atRest([fleets.large, fleets.small]);
    say('server list');
    const sessions = { large: await fleets.large.signIn(), small: await fleets.small.signIn() };
    const request = { large: () => ask(sessions.large), small: () => ask(sessions.small) };
    const command = { large: () => list(fleets.large), small: () => list(fleets.small) };
    await interleave(warmUps, request);
    await interleave(warmUps, command);
    const asked = await interleave(requests, request);
    const run = await interleave(commands, command);
    return [
      ...stormRows(storm.large, storm.small),
      ...rest,
      ...listRows('server list of 1,000, one request', asked('large'), asked('small')),
      ...listRows('zedops server list of 1,000, the process', run('large'), run('small')),
    ];
  },
};

interface PlayedFleet {
  readonly fleet: Fleet;
  readonly hosts: number;
  readonly crowd: Crowd;
  manager: Daemon;
  signIn(): Promise<Session>;
}

async function makeFleet(
  { cleaner, say }: BenchContext,
  { hosts, processes }: { hosts: number; processes: number },
): Promise<PlayedFleet> {
  const made = await createFleet({ runtime: 'process' });
  cleaner.add(() => made.dispose());
  await made.agent().end();
  const signIn = async (): Promise<Session> => {
    const session = await openSignedIn(made.far.home);
    cleaner.add(() => session.close());
    return session;
  };
  const session = await signIn();
  const names = Array.from({ length: hosts }, (_, index) => `host-${index}`);
  const codes: string[] = [];
  for (const name of names) codes.push((await session.peer.request(hostInvite, { name })).code);
  say(`${hosts} hosts join, of which a manager lets so many in a minute`);
  const crowd = await gatherCrowd(cleaner, { url: made.url, codes, folder: made.box.home, processes });
  say(`${hosts * serversOnHost} servers`);
  const servers = names.flatMap((host) =>
    Array.from({ length: serversOnHost }, (_, index) => ({ host, name: `${host}-${index}`, index })),
  );
  const begun = performance.now();
  await inTurns(8, servers, ({ host, name, index }) =>
    session.peer.request(serverCreate, { name, host, image: 'simulator', env: idleServerEnv(name, index) }),
  );
  say(`made in ${Math.round(performance.now() - begun)} ms`);
  session.close();
  return { fleet: made, hosts, crowd, manager: made.manager(), signIn };
}

/** What it took until all were back. Times in milliseconds. */
interface Storm {
  readonly all: number;
  readonly firstToLast: number;
  readonly processor: number;
}

/** Stops the manager, lets its agents wait for it, and starts it. */
async function raiseStorm({ say }: BenchContext, played: PlayedFleet): Promise<Storm> {
  const { fleet: made, crowd, hosts } = played;
  await played.manager.end();
  await pause(outageMs);
  const mirrored = crowd.mirrored();
  const begun = performance.now();
  played.manager = made.owner.start(['manager']);
  const times = await mirrored;
  const processor = processorSeconds(played.manager.pid) * 1000;
  const last = Math.max(...times);
  await untilAllAreShown(played);
  say(`${hosts} back in ${Math.round(last - begun)} ms`);
  return { all: last - begun, firstToLast: last - Math.min(...times), processor };
}

/** Makes sure that what agents told is what people are shown. */
async function untilAllAreShown({ hosts, signIn }: PlayedFleet): Promise<void> {
  const session = await signIn();
  await eventually('every server to be shown as ready', async () => {
    const { servers } = await session.peer.request(serverList, {});
    return servers.length === hosts * serversOnHost && servers.every(({ state }) => state === 'ready');
  });
  session.close();
}

function stormRows(ours: readonly Storm[], theirs: readonly Storm[]): Row[] {
  const row = (what: string, pick: (storm: Storm) => number): Row =>
    beside(what, ours.map(pick), theirs.map(pick), 'ms');
  return [
    row(`storm, manager’s start to all ${large.hosts} hosts online`, ({ all }) => all),
    {
      what: 'storm, first host online to last',
      ours: amount(median(ours.map(({ firstToLast }) => firstToLast)), 'ms'),
    },
    row('storm, manager’s processor time', ({ processor }) => processor),
  ];
}

async function atRest(fleets: readonly [PlayedFleet, PlayedFleet]): Promise<Row[]> {
  const before = fleets.map(({ manager }) => processorSeconds(manager.pid));
  await pause(idleMs);
  const used = fleets.map(({ manager }, index) => processorSeconds(manager.pid) - (before[index] ?? 0));
  const memory = fleets.map(({ manager }) => residentMemory(manager.pid));
  const row = (what: string, values: readonly number[], unit: string): Row =>
    beside(what, values.slice(0, 1), values.slice(1), unit);
  return [
    row('at rest, processor time of the manager in a minute', used, 's'),
    row(
      'at rest, memory of the manager',
      memory.map(({ total }) => total),
      'MB',
    ),
    row(
      'at rest, memory of the manager, own',
      memory.map(({ own }) => own),
      'MB',
    ),
  ];
}

function ask({ peer }: Session): Promise<number> {
  return timed(() => peer.request(serverList, {}));
}

function list({ fleet: made }: PlayedFleet): Promise<number> {
  const options = { env: leanEnv(made.far.env), extendEnv: false, stdout: 'ignore' } as const;
  return timed(() => execa(process.execPath, ['--', program, 'server', 'list', '--json'], options));
}

function listRows(what: string, ours: readonly number[], theirs: readonly number[]): Row[] {
  const p99 = (samples: readonly number[]): readonly number[] => [percentile(samples, 0.99)];
  return [beside(`${what}, p50`, ours, theirs, 'ms'), beside(`${what}, p99`, p99(ours), p99(theirs), 'ms')];
}
