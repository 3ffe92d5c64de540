import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FakeContainer } from '../../../test/fakes/fake-runtime.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { Job } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { type AgentBed, createAgentBed, goodGame } from '../agent-bed.ts';

/** An agent with one server that runs and has a world, and what must be so of it whatever a rebuild came to. */
export interface RebuildBed extends AgentBed {
  /** The containers whose game runs. */
  whatRuns(): readonly FakeContainer[];
  /** The one that runs. @throws Error where none does. */
  running(): FakeContainer;
  /** The server with an edit; `kind` says what its game does when it starts. */
  edited(change?: Partial<DesiredServer>, kind?: keyof typeof kinds): DesiredServer;
  /** Waits for the end of a job. */
  ended(id: string): Promise<Job>;
  /** One container, in place, running the game of that kind, never two at a time, and the world untouched. */
  expectWhole(kind: string | undefined): Promise<void>;
  world(): Promise<string>;
}

/** What `GAME_KIND` says that the game does when it starts. */
const kinds = {
  good: (container: FakeContainer): void => {
    for (const line of goodGame.start) container.print(line);
  },
  broken: (container: FakeContainer): void => container.exit(1),
  silent: (): void => undefined,
};

/** Makes the bed. */
export async function createRebuildBed(): Promise<RebuildBed> {
  const bed = await createAgentBed({
    ...goodGame,
    save: () => running().print('LOG  : General     f:0, t:1763710000000> Saving finish'),
    quit: () => running().exit(0),
  });
  /** Most containers of the server that ever ran at one time. */
  let mostAtOnce = 0;
  const whatRuns = (): readonly FakeContainer[] =>
    bed.fake
      .containers()
      .filter(({ observed }) => observed.status === 'running')
      .map(({ face }) => face);
  function running(): FakeContainer {
    const [one] = whatRuns();
    if (!one) throw new Error('nothing runs');
    return one;
  }
  bed.fake.onStart((container) => {
    const kind = container.spec.env.GAME_KIND;
    (kind === 'broken' || kind === 'silent' ? kinds[kind] : kinds.good)(container);
    mostAtOnce = Math.max(mostAtOnce, whatRuns().length);
  });
  await bed.ask(serverCreate, bed.server());
  const file = join(bed.dataRoot, 'alpha/data/Saves/Multiplayer/alpha/map.bin');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, 'the world');
  const world = (): Promise<string> => readFile(file, 'utf8');
  return {
    ...bed,
    whatRuns,
    running,
    world,
    edited(change = {}, kind = 'good') {
      const { env } = bed.server();
      return bed.server({ env: { ...env, GAME_KIND: kind }, ...change });
    },
    ended: (id) =>
      eventually('the job to end', async () =>
        (await bed.jobs()).find((job) => job.id === id && job.state !== 'running'),
      ),
    async expectWhole(kind) {
      expect(await bed.fake.runtime.list()).toMatchObject([{ name: 'simulator-alpha', status: 'running' }]);
      expect(running().spec.env.GAME_KIND).toBe(kind);
      expect(mostAtOnce).toBe(1);
      expect(await world()).toBe('the world');
      await eventually('readiness to be seen', () => bed.observed('s1')?.readyAt);
    },
  };
}
