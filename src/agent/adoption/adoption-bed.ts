import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeForeign, type FakeForeign } from '../../../test/fakes/fake-foreign.ts';
import { systemClock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Lifecycle } from '../servers/lifecycle.ts';
import type { Registry } from '../servers/registry.ts';
import { type Adoption, createAdoption } from './adopt.ts';
import { openAdoptionJournal } from './journal.ts';

/** The container everything is adopted from. */
export const original = { id: 'c1', name: 'pz', image: 'example.org/little:1' } as const;
/** Never aborted. */
export const quiet = new AbortController().signal;

/** The server it becomes. */
export const server: DesiredServer = {
  ...{ id: 's1', name: 'alpha', revision: 1, power: 'on', secretKeys: [], limits: {}, deleted: false, env: {} },
  image: { template: 'little', reference: 'example.org/little:1', pull: 'never' },
  game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
};

/** The world of an original, an engine that has it, and adoptions that can be killed at any of their steps. */
export function createBed(base: string) {
  const dataRoot = join(base, 'servers');
  const foreign: FakeForeign = createFakeForeign(() => undefined);
  const servers = new Map([[server.id, server]]);
  const registry: Registry = {
    accept: async (desired) => desired,
    get: () => server,
    find: (id) => servers.get(id),
    all: () => [...servers.values()],
    forget: (id) => effect('forget the server', async () => void servers.delete(id)),
  };
  let hasOurs = false;
  let willFail = false;
  /** How many more effects the present process has; then it is as good as killed. */
  let left = Number.POSITIVE_INFINITY;
  let wasKilled = false;
  let latest = 'nothing';

  const never = new Promise<never>(() => undefined);
  const effect = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    if (left === 0) {
      wasKilled = true;
      return never;
    }
    left -= 1;
    latest = name;
    const result = await work();
    if (left > 0) return result;
    wasKilled = true;
    return never;
  };

  const lifecycle: Pick<Lifecycle, 'create' | 'remove'> = {
    create: () =>
      effect('make ours', async () => {
        const { status } = foreign.get(original.id);
        if (status === 'running') throw new Error('two games on one world');
        hasOurs = true;
        if (willFail) throw new ZedopsError('CONFLICT', 'alpha exited with code 1 before it was ready');
        return { state: 'ready', readyAt: '2026-01-01T00:00:00.000Z' };
      }),
    remove: () =>
      effect('remove ours', async () => {
        hasOurs = false;
        return { state: 'stopped', saved: 'was-stopped', ended: 'was-stopped', seconds: 0 };
      }),
  };
  const { containers } = foreign;
  const observer = { forget: () => undefined };
  const start = (): Adoption => {
    const journal = openAdoptionJournal(join(base, 'adoptions'));
    return createAdoption({
      ...{
        registry,
        observer,
        lifecycle,
        work: join(base, 'work'),
        dataRoot,
        clock: systemClock,
        refuseBusy: async () => undefined,
      },
      runtime: {
        foreign: {
          ...containers,
          async start(id) {
            if (hasOurs) throw new Error('two games on one world');
            await effect('start the original', () => containers.start(id));
          },
          stop: (id, grace) => effect('stop the original', () => containers.stop(id, grace)),
          rename: (id, name) => effect(`rename to ${name}`, () => containers.rename(id, name)),
          setRestart: (id, policy) => effect(`restart ${policy.name}`, () => containers.setRestart(id, policy)),
        },
      },
      journal: {
        ...journal,
        write: (record) => effect(`note ${record.direction}`, () => journal.write(record)),
        drop: (id) => effect('drop the note', () => journal.drop(id)),
      },
    });
  };
  return {
    ...{ dataRoot, foreign, start, servers },
    hasOurs: () => hasOurs,
    fail: () => {
      willFail = true;
    },
    /** Lets the next process have so many effects. */
    allow(effects: number) {
      left = effects;
      wasKilled = false;
      latest = 'nothing';
    },
    wasKilled: () => wasKilled,
    /** The effect after which it was killed. */
    killedAfter: () => latest,
    source(place: string) {
      foreign.add({ ...original, mounts: [{ type: 'bind', from: place, to: '/data' }] });
      return { kind: 'container', container: original.id } as const;
    },
    async world(place: string) {
      await mkdir(join(place, 'Server'), { recursive: true });
      await mkdir(join(place, 'Saves/Multiplayer/alpha'), { recursive: true });
      await writeFile(join(place, 'Server/alpha.ini'), 'DefaultPort=16261\n');
      await writeFile(join(place, 'Saves/Multiplayer/alpha/map_1_1.bin'), 'the world');
      await symlink('/etc/passwd', join(place, 'link'));
    },
  };
}
