import fc from 'fast-check';
import { newId } from '../../../src/protocol/id.ts';
import type { FakeContainer, RuntimeMethod } from '../../fakes/fake-runtime.ts';
import { checkAlways } from './invariants.ts';
import { hostName, type World } from './world.ts';

/** Nothing is predicted: every command may come at any time, and what must hold is checked after each. */
type Nothing = Readonly<Record<string, never>>;

/** One thing that happens to a world. */
export type Command = fc.AsyncCommand<Nothing, World>;

/** Names of servers, which commands share so that they get into each other's way. */
const names = ['alpha', 'beta'] as const;

/** Ports of each: where a machine has a use for them itself, a create is refused and the rest goes on. */
const ports = { alpha: [42_610, 42_611], beta: [42_620, 42_621] } as const;

type Name = (typeof names)[number];

/** What is asked for a server by its name alone. */
const verbs = [
  'start',
  'stop',
  'restart',
  'kill',
  'delete',
  'restore',
  'purge',
  'retry',
  'rebuild',
  'sync',
  'check',
] as const;

/** The request that creates a server. */
export function createRequest(name: Name, { games }: World): object {
  const [port, second] = ports[name];
  return {
    name,
    host: hostName,
    image: 'simulator',
    env: {
      ADMIN_PASSWORD: 'a-password',
      RCON_PASSWORD: `rcon-of-${name}`,
      RCON_PORT: String(games.rconPort),
      SERVER_DEFAULT_PORT: String(port),
      SERVER_UDP_PORT: String(second),
    },
  };
}

function command(name: string, run: (world: World) => Promise<unknown> | unknown): Command {
  return {
    check: () => true,
    async run(_, world) {
      await run(world);
      await checkAlways(world);
    },
    toString: () => name,
  };
}

/** Asks for something and waits for the answer, or only for some turns: then the next thing happens in its midst. */
function ask(
  name: string,
  patience: number | undefined,
  request: (world: World) => readonly [string, object],
): Command {
  return command(`${name}${patience === undefined ? '' : ` (${patience} turns)`}`, async (world) => {
    const asked = world.ask(...request(world));
    if (patience === undefined) await world.pace.for(asked.answered);
    else await world.pace.turns(patience);
  });
}

const name = fc.constantFrom(...names);
/** A step of a job takes some tens of turns; a start, with its wait for the game, some hundreds. */
const patience = fc.option(fc.oneof(fc.nat(40), fc.nat(400)), { nil: undefined, freq: 2 });

const create = fc
  .tuple(name, patience)
  .map(([which, turns]) => ask(`create ${which}`, turns, (world) => ['server.create', createRequest(which, world)]));

const verb = fc
  .tuple(fc.constantFrom(...verbs), name, patience)
  .map(([what, which, turns]) =>
    ask(`${what} ${which}`, turns, () => [
      `server.${what}`,
      { server: which, ...(what === 'purge' ? { confirm: which } : {}) },
    ]),
  );

/** Does something to a server's container behind the agent's back, if it has one. */
function surprise(what: string, act: (container: FakeContainer, world: World) => Promise<unknown> | unknown) {
  return fc.tuple(name, fc.nat(20)).map(([which, turns]) =>
    command(`${what} the container of ${which}`, async (world) => {
      const found = world.fake.containers().find(({ face }) => face.spec.labels['zedops.server.name'] === which);
      if (!found) return;
      await act(found.face, world);
      await world.pace.turns(turns);
    }),
  );
}

const statusOf = ({ fake }: World, container: FakeContainer): string | undefined =>
  fake.containers().find(({ face }) => face === container)?.observed.status;

const idOf = ({ fake }: World, container: FakeContainer): string =>
  fake.containers().find(({ face }) => face === container)?.observed.id ?? '';

/** As `docker start` by hand: the engine may be away for the agent, and not for whoever is on the host. */
const startByHand = async (world: World, container: FakeContainer): Promise<void> => {
  if (statusOf(world, container) !== 'exited') return;
  const isAlone = !world.fake
    .containers()
    .some(
      ({ face, observed }) =>
        face !== container &&
        observed.status === 'running' &&
        face.spec.mounts[0]?.hostPath === container.spec.mounts[0]?.hostPath,
    );
  if (isAlone) await world.fake.byHand(() => world.fake.runtime.start(idOf(world, container)));
};

const surprises = [
  surprise('remove', (container) => container.vanish()),
  surprise('stop', (container) => container.exit(0)),
  surprise('crash', (container) => container.exit(1)),
  surprise('starve', (container) => container.exit(137, { oomKilled: true })),
  surprise('pause', (container, world) => {
    if (statusOf(world, container) === 'running') container.pause();
  }),
  surprise('resume', (container, world) => {
    if (statusOf(world, container) === 'paused') container.resume();
  }),
  surprise('rename', (container) => container.rename(`not-${container.spec.name}`)),
  surprise('start', (container, world) => startByHand(world, container)),
  surprise('recreate', async (container, world) => {
    container.vanish();
    const id = await world.fake.byHand(() => world.fake.runtime.create(container.spec));
    await startByHand(world, world.fake.container(id));
  }),
];

const refusable: readonly RuntimeMethod[] = ['prepare', 'create', 'start', 'remove', 'inspect', 'list', 'boundTo'];

const troubles = [
  fc.nat(60).map((turns) =>
    command('the engine goes away', async ({ fake, pace }) => {
      fake.setReachable(false);
      await pace.turns(turns);
    }),
  ),
  fc.constant(command('the engine is back', ({ fake }) => fake.setReachable(true))),
  fc
    .constantFrom(...refusable)
    .map((method) => command(`the engine refuses to ${method}`, (world) => world.failNext(method))),
  fc.constant(command('the next game fails to start', ({ games }) => games.failNextStart())),
  fc.nat(60).map((turns) =>
    command('the connection is lost', async (world) => {
      await world.disconnect();
      await world.pace.turns(turns);
    }),
  ),
  fc.constant(command('the agent connects', (world) => world.connect())),
  fc.constantFrom('stopped' as const, 'killed' as const).map((how) =>
    command(`the agent is ${how}, and starts`, async (world) => {
      await world.restartAgent(how);
      await world.connect();
    }),
  ),
  fc.constant(
    command('the manager restarts', async (world) => {
      await world.restartManager();
      await world.connect();
    }),
  ),
  fc.constant(
    command('the last request comes again', async (world) => {
      const last = world.asked.at(-1);
      if (last) await world.pace.for(world.ask(last.subject, last.data, last.id).answered);
    }),
  ),
  fc.nat(40).map((turns) =>
    command('the last job is cancelled', async (world) => {
      const last = world.asked.at(-1);
      await world.pace.turns(turns);
      if (last) await world.pace.for(world.ask('job.cancel', { job: last.id }, newId(world.pace.clock.now())).answered);
    }),
  ),
  fc.constantFrom(20, 200, 2_000).map((turns) => command(`${turns} turns pass`, ({ pace }) => pace.turns(turns))),
];

/** Everything that may happen, the common more often than the rare. */
export const anything: fc.Arbitrary<Command>[] = [
  create,
  create,
  ...Array.from({ length: 12 }, () => verb),
  ...surprises,
  ...troubles,
];
