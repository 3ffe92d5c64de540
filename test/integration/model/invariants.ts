import { listAudit } from '../../../src/manager/store/audit.ts';
import { findServer, findServerEver } from '../../../src/manager/store/servers.ts';
import type { Job } from '../../../src/protocol/entities/job.ts';
import type { ServerDetails, ServerState } from '../../../src/protocol/entities/server.ts';
import { findOperation } from '../../../src/protocol/operations/index.ts';
import { jobList } from '../../../src/protocol/operations/job.ts';
import { serverList, serverShow } from '../../../src/protocol/operations/server.ts';
import type { World } from './world.ts';

const most = 10_000;
const restfulTurns = 5;

/** What an engine's word for a container may be called, once nothing goes on any more. */
const words: Readonly<Record<string, readonly ServerState[]>> = {
  running: ['ready'],
  paused: ['paused'],
  exited: ['stopped', 'crashed', 'failed'],
  created: ['stopped', 'failed'],
  none: ['missing', 'lost', 'failed'],
};

/** What holds at every moment, whatever is under way. @throws Error that says what does not. */
export async function checkAlways(world: World): Promise<void> {
  const { games, violations, asked } = world;
  const bugs = asked.flatMap(({ subject, outcome }) =>
    outcome && (outcome.code === 'bug' || outcome.code === 'INTERNAL') ? [`${subject} failed: ${outcome.message}`] : [],
  );
  refuse(world, [...games.violations, ...violations, ...bugs]);
  if (games.lostWorlds().length === 0) return;
  // What is moved from one place to another is in neither while it is looked for.
  await world.pace.quiet();
  refuse(world, await wronglyLost(world));
}

/** Lets everything come to rest, with nothing in its way any more. */
export async function settle(world: World): Promise<void> {
  const { fake, games, pace } = world;
  world.healEngine();
  games.behave();
  for (const { face, observed } of fake.containers()) if (observed.status === 'paused') face.resume();
  await world.connect();
  let last: readonly string[] = [];
  let restful = 0;
  await pace.until(
    async () => {
      last = await goingOn(world);
      restful = last.length === 0 ? restful + 1 : 0;
      // What follows from one thing is told a turn later than the thing itself.
      return restful >= restfulTurns;
    },
    () => last.join('\n'),
  );
}

/** What holds when nothing goes on. @throws Error that says what does not. */
export async function checkAtRest(world: World): Promise<void> {
  await checkAlways(world);
  const wrong: string[] = [];
  for (const server of await servers(world)) wrong.push(...wrongOf(world, server));
  for (const { face, observed } of world.fake.containers()) {
    const known = await findServer(world.core().store.db, observed.serverId);
    if (!known) wrong.push(`the container ${face.spec.name} is of a server that the manager does not know`);
  }
  refuse(world, [...wrong, ...(await wrongAudit(world))]);
}

/** Every server as it is shown, those that were deleted too. */
export async function servers(world: World): Promise<readonly ServerDetails[]> {
  const all: ServerDetails[] = [];
  for (const deleted of [false, true]) {
    const { servers } = serverList.reply.parse(await reply(world, serverList.subject, { deleted }));
    for (const { id } of servers) {
      all.push(serverShow.reply.parse(await reply(world, serverShow.subject, { server: id })).server);
    }
  }
  return all;
}

async function reply(world: World, subject: string, data: object): Promise<unknown> {
  const outcome = await world.pace.for(world.ask(subject, data).answered);
  if (outcome.code === 'ok') return outcome.reply;
  throw new Error(`${subject} failed: ${outcome.message}\n${world.story()}`);
}

async function jobs(world: World): Promise<readonly Job[]> {
  return jobList.reply.parse(await reply(world, jobList.subject, {})).jobs;
}

/** What goes on: as long as it does, nothing is said of the rest. */
async function goingOn(world: World): Promise<readonly string[]> {
  const unanswered = world.asked.filter(({ outcome }) => !outcome).map(({ subject }) => `${subject} has no answer`);
  if (unanswered.length > 0) return unanswered;
  const running = (await jobs(world)).filter(({ state }) => state === 'running');
  const busy = (await servers(world)).flatMap(({ name, observed, state, revision }) => [
    ...(observed?.activity || observed?.lock ? [`${name} is ${observed.lock?.subject ?? 'busy'}`] : []),
    ...(observed?.restartAt === undefined ? [] : [`${name} is to be started again`]),
    ...(state === 'starting' ? [`${name} is starting`] : []),
    ...(state === 'unknown' ? [`${name} is unknown`] : []),
    ...(revision > (observed?.revision ?? 0) ? [`${name} has a change that its host has not heard of`] : []),
  ]);
  return [...running.map(({ subject, serverName }) => `${subject} of ${serverName} runs`), ...busy];
}

/** Where what is shown of a server is not what there is of it. */
function wrongOf(world: World, server: ServerDetails): readonly string[] {
  const { id, name, state, detail, observed, deletion, power } = server;
  const containers = world.fake.containers().filter(({ observed: { serverId } }) => serverId === id);
  const [real] = containers;
  const wrong: string[] = [];
  if (containers.length > 1) wrong.push(`${name} has ${containers.length} containers`);
  const shown = `${name} is shown as ${state} (${detail ?? ''})`;
  const status = real?.observed.status ?? 'none';
  const fitting = deletion ? ['deleted'] : (words[status] ?? []);
  if (!fitting.includes(state)) wrong.push(`${shown}, and its container is ${status}`);
  const known = observed?.container;
  if (known?.id !== real?.observed.id || (known && known.status !== status)) {
    wrong.push(
      `${shown} with the container ${known?.id.slice(-4)} ${known?.status}; it is ${real?.observed.id.slice(-4)} ${status}`,
    );
  }
  if (state === 'crashed' && power === 'on' && !observed?.breaker)
    wrong.push(`${shown}, is to be on, and nobody starts it again`);
  const isLost = world.games.lostWorlds().includes(id);
  if (world.games.hasWorld(id) && (observed?.data === 'missing') !== isLost) {
    wrong.push(`${shown} with its world ${observed?.data}, which is ${isLost ? 'lost' : 'there'}`);
  }
  return wrong;
}

/** Worlds that are gone, and that nobody had purged. */
async function wronglyLost(world: World): Promise<readonly string[]> {
  const lost = world.games.lostWorlds();
  if (lost.length === 0) return [];
  const rows = await listAudit(world.core().store.db, { subject: 'server.purge', limit: most });
  const purged = new Set(rows.filter(({ outcome }) => outcome !== 'CONFLICT').map(({ target }) => target));
  const wrong: string[] = [];
  for (const id of lost) {
    const name = (await findServerEver(world.core().store.db, id))?.name;
    if (name === undefined || !purged.has(name)) wrong.push(`the world of ${name ?? id} is gone`);
  }
  return wrong;
}

/** Requests that change something and have not left the row they should have. */
async function wrongAudit({ core, asked, manager }: World): Promise<readonly string[]> {
  const rows = Map.groupBy(await listAudit(core().store.db, { limit: most }), ({ requestId }) => requestId);
  return asked.flatMap(({ id, subject, outcome, manager: of }) => {
    if (findOperation(subject)?.effect === 'read' || !outcome) return [];
    // A killed manager says nothing more. What it had done before that has its row, begun.
    if (outcome.code === 'died') return [];
    const own = (rows.get(id) ?? []).filter((row) => row.subject === subject);
    if (own.some((row) => row.outcome === outcome.code)) return [];
    // A manager that ended meanwhile could not always write how.
    if (of !== manager() && own.length > 0) return [];
    return [
      `${subject} ended as ${outcome.code}, and the audit has ${own.map((row) => row.outcome).join() || 'no row'}`,
    ];
  });
}

function refuse(world: World, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error([...wrong, world.story()].join('\n'));
}
