import fc from 'fast-check';
import { nameInPlace } from '../../../src/agent/servers/standing.ts';
import { newId } from '../../../src/protocol/id.ts';
import type { FakeContainer, RuntimeMethod } from '../../fakes/fake-runtime.ts';
import { checkAlways } from './invariants.ts';
import { hostName, type World } from './world.ts';

/** Nothing is predicted: every command may come at any time, and what must hold is checked after each. */
type Nothing = Readonly<Record<string, never>>;

/** One thing that happens to a world. */
export type Command = fc.AsyncCommand<Nothing, World>;

/** Names of servers, which commands share so that they get into each other's way. */
const names = ['alpha', 'beta', 'gamma'] as const;

/** Ports of each: where a machine has a use for them itself, a create is refused and the rest goes on. */
const ports = { alpha: [42_610, 42_611], beta: [42_620, 42_621], gamma: [42_630, 42_631] } as const;

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
export function createRequest(name: Name, world: World): object {
  const [port, second] = ports[name];
  return {
    name,
    host: hostName,
    image: 'simulator',
    env: {
      ADMIN_PASSWORD: 'a-password',
      ...rconOf(world),
      SERVER_DEFAULT_PORT: String(port),
      SERVER_UDP_PORT: String(second),
    },
  };
}

/** Games tell each other apart by their passwords, so that no two may ever have the same. */
function rconOf({ games, asked }: World): Readonly<Record<'RCON_PASSWORD' | 'RCON_PORT', string>> {
  return { RCON_PASSWORD: `rcon-${asked.length}`, RCON_PORT: String(games.rconPort) };
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

const name = fc.constantFrom(...names, 'alpha' as const);
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

/** What changes of a server: what it is set to, what it may use, its ports, its name and where it lies. */
const edits: fc.Arbitrary<(world: World) => object> = fc.oneof(
  fc.constant((world: World) => ({ set: { RCON_PASSWORD: rconOf(world).RCON_PASSWORD } })),
  fc.constant((world: World) => ({ set: { SERVER_PUBLIC_NAME: `of ${world.asked.length}` } })),
  fc.constantFrom(512, 1024, null).map((memoryMb) => () => ({ memoryMb })),
  fc.constantFrom(42_610, 42_640).map((game) => () => ({ ports: { game } })),
);

const edit = fc
  .tuple(name, edits, fc.boolean(), patience)
  .map(([which, change, later, turns]) =>
    ask(`edit ${which}${later ? ' later' : ''}`, turns, (world) => [
      'server.edit',
      { server: which, ...change(world), later },
    ]),
  );

const editAway = fc.tuple(name, edits).map(([which, change]) =>
  command(`edit ${which} while its host is away`, async (world) => {
    await world.disconnect();
    await world.pace.for(world.ask('server.edit', { server: which, ...change(world) }).answered);
  }),
);

const rename = fc
  .tuple(name, name, patience)
  .map(([which, to, turns]) =>
    ask(`rename ${which} to ${to}`, turns, () => ['server.rename', { server: which, name: to }]),
  );

const clone = fc
  .tuple(name, name, fc.boolean(), patience)
  .map(([which, to, live, turns]) =>
    ask(`clone ${which} as ${to}${live ? ' live' : ''}`, turns, (world) => [
      'server.clone',
      { server: which, name: to, live, env: rconOf(world) },
    ]),
  );

const move = fc
  .tuple(name, fc.nat(1), patience)
  .map(([which, root, turns]) =>
    ask(`move ${which} to root ${root}`, turns, ({ roots }) => [
      'server.move',
      { server: which, path: roots[root] ?? '/' },
    ]),
  );

const adopt = fc
  .tuple(
    name,
    // Only what lies below the data root can be moved to its place.
    fc.constantFrom(
      { kind: 'container', way: 'copy' } as const,
      { kind: 'folder', way: 'copy' } as const,
      { kind: 'folder', way: 'in-place' } as const,
    ),
    patience,
  )
  .map(([as, { kind, way }, turns]) =>
    ask(`adopt the ${kind} as ${as} (${way})`, turns, (world) => [
      'server.adopt',
      {
        ...{ name: as, host: hostName, way },
        ...(kind === 'container'
          ? { source: { kind, container: world.foreign.container } }
          : {
              source: { kind, path: world.foreign.folder },
              image: 'simulator',
              env: {
                ...rconOf(world),
                ADMIN_PASSWORD: 'a-password',
                SERVER_DEFAULT_PORT: '42660',
                SERVER_UDP_PORT: '42661',
              },
            }),
      },
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
  // Nobody gives by hand the name of one that is about to take another's place.
  surprise('rename', (container) => container.rename(`not-${nameInPlace(container.spec.name)}`)),
  surprise('start', (container, world) => startByHand(world, container)),
  surprise('recreate', async (container, world) => {
    container.vanish();
    // As `docker compose up` does, which names it as the server's file says, and does nothing where that name is taken.
    const spec = { ...container.spec, name: nameInPlace(container.spec.name) };
    if (world.fake.containers().some(({ observed }) => observed.name === spec.name)) return;
    const id = await world.fake.byHand(() => world.fake.runtime.create(spec));
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
  fc.constantFrom('stopped' as const, 'killed' as const).map((how) =>
    command(`the manager is ${how}, and starts`, async (world) => {
      await world.restartManager(how);
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
  ...[edit, edit, editAway, rename, clone, clone, move, move, adopt, adopt],
  ...surprises,
  ...troubles,
];
