import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { serverCheck, serverDelete, serverPurge, serverRestore } from '../../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';

describe('the end of a server’s life on its host', () => {
  let bed: AgentBed;
  afterEach(() => bed.dispose());

  const gone = (): DesiredServer => bed.server({ power: 'off', deleted: true });
  const worldFile = (): string => join(bed.dataRoot, 'alpha/data/Saves/Multiplayer/alpha/map_t.bin');
  const withWorld = async (): Promise<void> => {
    bed = await createAgentBed();
    await bed.ask(serverCreate, bed.server());
    await mkdir(join(worldFile(), '..'), { recursive: true });
    await writeFile(worldFile(), 'a world');
  };
  const folders = (): Promise<string[]> => readdir(bed.dataRoot);

  test('a deletion takes the container and keeps the world; a restoration makes it anew around that', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    expect(await bed.fake.runtime.list()).toEqual([]);
    expect(await readFile(worldFile(), 'utf8')).toBe('a world');
    const reply = await bed.ask(serverRestore, bed.server({ power: 'off' }));
    expect(reply).toMatchObject({ name: 'alpha', state: 'stopped', world: 'present' });
    expect(await bed.fake.runtime.list()).toMatchObject([{ status: 'created', serverId: 's1' }]);
    expect(await readFile(worldFile(), 'utf8')).toBe('a world');
  });

  test('a restoration never begins a new world in the place of one that is gone', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    await rm(join(bed.dataRoot, 'alpha'), { recursive: true });
    await expect(bed.ask(serverRestore, bed.server({ power: 'off' }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await bed.fake.runtime.list()).toEqual([]);
    expect(await folders()).not.toContain('alpha');
  });

  test('a purge removes the data and all the host knew, and asked for again has nothing to do', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    expect(await bed.ask(serverPurge, gone())).toMatchObject({ name: 'alpha', folder: join(bed.dataRoot, 'alpha') });
    expect(await folders()).toEqual(['agent']);
    await eventually('the files of the agent to be gone', async () => {
      const kept = await Promise.all(['servers', 'status'].map((name) => readdir(join(bed.dataRoot, 'agent', name))));
      return kept.flat().length === 0;
    });
    expect(await bed.ask(serverPurge, gone())).toMatchObject({ files: 0 });
    await bed.restart();
    expect(bed.observed('s1')?.activity).toBeUndefined();
  });

  test('a purge takes the evidence of its crashes along, and nobody else’s', async () => {
    await withWorld();
    const crashes = join(bed.dataRoot, 'agent', 'crashes');
    bed.fake.container('s1').exit(1);
    await eventually('the evidence', async () => (await readdir(crashes)).includes('s1'));
    await mkdir(join(crashes, 's2'));
    await bed.ask(serverDelete, gone());
    expect(await readdir(crashes)).toContain('s1');
    await bed.ask(serverPurge, gone());
    expect(await readdir(crashes)).toEqual(['s2']);
  });

  test('a purge is refused for a server that is not deleted, and for one that has a container all the same', async () => {
    await withWorld();
    await expect(bed.ask(serverPurge, bed.server())).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(bed.ask(serverPurge, gone())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('simulator-alpha'),
    });
    expect(await readFile(worldFile(), 'utf8')).toBe('a world');
  });

  test('a purge is refused while the engine cannot say who is bound to the data', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    bed.fake.failNext('boundTo', new Error('the engine hangs'));
    await expect(bed.ask(serverPurge, gone())).rejects.toThrow();
    bed.fake.setReachable(false);
    await expect(bed.ask(serverPurge, gone())).rejects.toMatchObject({ code: 'UNREACHABLE' });
    bed.fake.setReachable(true);
    expect(await readFile(worldFile(), 'utf8')).toBe('a world');
  });

  test('an agent that was killed in the middle of a purge goes on with it', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    // As a kill -9 leaves it: the job says that it runs, and the data is moved aside and half gone.
    await mkdir(join(bed.dataRoot, '.purging-s1/data/Saves'), { recursive: true });
    await rm(join(bed.dataRoot, 'alpha'), { recursive: true });
    await writeFile(join(bed.dataRoot, '.purging-s1/data/Saves/rest'), '');
    const job = {
      id: 'purge1',
      subject: 'server.purge',
      serverId: 's1',
      serverName: 'alpha',
      actor: 'ann@example.org',
    };
    const record = {
      job: { ...job, state: 'running', startedAt: '2026-11-21T08:00:00.000Z' },
      input: { server: 'alpha', confirm: 'alpha' },
    };
    await writeFile(join(bed.dataRoot, 'agent/jobs/purge1.json'), JSON.stringify(record));
    await bed.restart();
    const done = await eventually('the purge to be done', async () =>
      (await bed.jobs()).find(({ id, state }) => id === 'purge1' && state !== 'running'),
    );
    expect(done).toMatchObject({ state: 'done', recovered: 'resumed', reply: { files: 1 } });
    expect(await folders()).toEqual(['agent']);
  });

  test('what is half purged is not restored', async () => {
    await withWorld();
    await bed.ask(serverDelete, gone());
    await mkdir(join(bed.dataRoot, '.purging-s1'));
    await expect(bed.ask(serverRestore, bed.server({ power: 'off' }))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await bed.fake.runtime.list()).toEqual([]);
  });

  test('no deletion, whatever fails in it, removes data', async () => {
    await withWorld();
    for (const method of ['inspect', 'stop', 'remove'] as const) {
      bed.fake.failNext(method, new Error(`${method} failed`));
      await bed.ask(serverDelete, gone()).catch(() => undefined);
      expect(await readFile(worldFile(), 'utf8')).toBe('a world');
    }
  });

  test('a world is looked at while its game runs', async () => {
    await withWorld();
    const reply = await bed.ask(serverCheck, bed.server());
    expect(reply).toMatchObject({ check: { server: 'alpha', sizes: { folders: [{ folder: 'data', files: 1 }] } } });
  });
});
