import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverClone, serverMove } from '../../protocol/operations/move.ts';
import { serverCreate, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { serverDelete, serverPurge } from '../../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';
import { ownerFile } from './ownership.ts';

describe('worlds that go elsewhere', () => {
  let bed: AgentBed;
  let alpha: string;

  beforeEach(async () => {
    bed = await createAgentBed();
    alpha = join(bed.dataRoot, 'alpha');
    await bed.ask(serverCreate, bed.server());
    await mkdir(join(alpha, 'data/Saves/Multiplayer/alpha'), { recursive: true });
    await writeFile(join(alpha, 'data/Saves/Multiplayer/alpha/map_1_1.bin'), 'chunk');
    const players = new DatabaseSync(join(alpha, 'data/Saves/Multiplayer/alpha/players.db'));
    players.exec("create table players (name text); insert into players values ('ann')");
    players.close();
  });
  afterEach(() => bed.dispose());

  const bravo = (change: Partial<DesiredServer> = {}): DesiredServer => {
    const like = bed.server();
    return { ...like, id: 's2', name: 'bravo', power: 'off', ...change };
  };
  const clone = (options: { live: boolean; id?: string; name?: string }): Promise<unknown> => {
    const { live, id, name = 'bravo' } = options;
    const input = { server: 's1', name, env: {}, live, start: false };
    return bed.ask(serverClone, bravo({ name, ...(name === 'bravo' ? {} : { id: 's3' }) }), {
      input,
      ...(id ? { id } : {}),
    });
  };
  const move = (path: string, id?: string): Promise<unknown> =>
    bed.ask(serverMove, bed.server(), { input: { server: 'alpha', path }, ...(id === undefined ? {} : { id }) });

  test('a server moves to another data root, saves first, and runs there with its container on the new folder', async () => {
    const reply = await move(bed.otherRoot);
    const folder = join(bed.otherRoot, 'alpha');
    expect(reply).toMatchObject({ folder, from: alpha, state: 'ready', stop: { saved: 'confirmed', ended: 'quit' } });
    expect(bed.observed('s1')?.folder).toBe(folder);
    expect(existsSync(alpha)).toBe(false);
    expect(await readFile(join(folder, 'data/Saves/Multiplayer/alpha/map_1_1.bin'), 'utf8')).toBe('chunk');
    expect(bed.fake.container('s1').spec.mounts).toEqual([{ hostPath: join(folder, 'data'), containerPath: '/data' }]);
    expect(await readFile(join(folder, 'compose.yaml'), 'utf8')).toContain(folder);
  });

  test('where a server lies outlives the agent, and a container made anew finds its world there', async () => {
    await move(bed.otherRoot);
    await bed.restart();
    bed.fake.container('s1').vanish();
    await bed.ask(serverStart, bed.server());
    expect(bed.fake.container('s1').spec.mounts[0]?.hostPath).toBe(join(bed.otherRoot, 'alpha/data'));
    await eventually('the world to be seen', () => bed.observed('s1')?.data === 'present');
  });

  test('a purge removes the folder a server was moved to, and nothing where it was', async () => {
    await move(bed.otherRoot);
    await mkdir(alpha);
    await writeFile(join(alpha, 'somebody-elses'), 'precious');
    await bed.ask(serverDelete, bed.server({ power: 'off', deleted: true }));
    const gone = bed.server({ power: 'off', deleted: true });
    const input = { server: 'alpha', confirm: 'alpha' };
    expect(await bed.ask(serverPurge, gone, { input })).toMatchObject({ folder: join(bed.otherRoot, 'alpha') });
    expect(await readdir(bed.otherRoot)).toEqual([]);
    expect(await readFile(join(alpha, 'somebody-elses'), 'utf8')).toBe('precious');
  });

  test('what a move left behind goes after its time, also where the agent was down then, and with a purge', async () => {
    const noteFile = join(bed.dataRoot, 'agent/placements/s1.json');
    const leave = async (at: number): Promise<string> => {
      const path = join(bed.dataRoot, 'alpha.moved-20260101T000000Z');
      await mkdir(path);
      await writeFile(join(path, ownerFile), '{"server":"s1","name":"alpha"}');
      const originals = [{ path, at }];
      const note = JSON.stringify({ root: bed.dataRoot, originals });
      await writeFile(noteFile, note);
      await bed.restart();
      return path;
    };
    const old = await leave(0);
    await eventually('it to be gone', () => !existsSync(old));
    // Only then has the agent written all that it will.
    await eventually(
      'its note to be gone',
      async () => !(await readFile(noteFile, 'utf8').catch(() => '')).includes(old),
    );
    const young = await leave(Date.now());
    await bed.ask(serverDelete, bed.server({ power: 'off', deleted: true }));
    const gone = bed.server({ power: 'off', deleted: true });
    expect(existsSync(young)).toBe(true);
    await bed.ask(serverPurge, gone, { input: { server: 'alpha', confirm: 'alpha' } });
    expect(existsSync(young)).toBe(false);
    expect(existsSync(noteFile)).toBe(false);
  });

  test('a clone has none of the marks and secrets of the first server’s folder', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    await clone({ live: false });
    expect(await readFile(join(bed.dataRoot, 'bravo', ownerFile), 'utf8')).toContain('"s2"');
    expect(await readFile(join(alpha, ownerFile), 'utf8')).toContain('"s1"');
    expect(await readFile(join(bed.dataRoot, 'bravo/compose.yaml'), 'utf8')).toContain('bravo');
  });

  test('a move is refused for a folder that is no data root, and the game never notices', async () => {
    await expect(move('/etc')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(bed.told).toEqual([]);
    await eventually('it to be ready still', () => bed.observed('s1')?.readyAt);
  });

  test('a running server is not cloned unless it is said so', async () => {
    await expect(clone({ live: false })).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('--live'),
    });
    expect(existsSync(join(bed.dataRoot, 'bravo'))).toBe(false);
    const reply = await clone({ live: true, name: 'charlie' });
    expect(reply).toMatchObject({ id: 's3', name: 'charlie', copy: 'live', state: 'stopped' });
    expect(bed.told).toEqual(['save']);
    const world = join(bed.dataRoot, 'charlie/data/Saves/Multiplayer/alpha');
    expect(await readFile(join(world, 'map_1_1.bin'), 'utf8')).toBe('chunk');
    const players = new DatabaseSync(join(world, 'players.db'), { readOnly: true });
    expect(players.prepare('select name from players').all()).toEqual([{ name: 'ann' }]);
    players.close();
    expect(bed.fake.container('s1').spec.mounts[0]?.hostPath).toBe(join(alpha, 'data'));
  });

  test('a stopped server is cloned exactly, into a folder of its own', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    expect(await clone({ live: false })).toMatchObject({ id: 's2', copy: 'exact', state: 'stopped' });
    expect(bed.fake.container('s2').spec.mounts[0]?.hostPath).toBe(join(bed.dataRoot, 'bravo/data'));
    const before = await stat(join(alpha, 'data/Saves/Multiplayer/alpha/map_1_1.bin'));
    const after = await stat(join(bed.dataRoot, 'bravo/data/Saves/Multiplayer/alpha/map_1_1.bin'));
    expect(after.ino).not.toBe(before.ino);
    expect(Math.abs(after.mtimeMs - before.mtimeMs)).toBeLessThan(0.01);
    expect(existsSync(join(bed.dataRoot, 'bravo.arriving'))).toBe(false);
  });

  test('a clone that fails leaves nothing, and no empty world is made in its place', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    await mkdir(join(bed.dataRoot, 'bravo'));
    await expect(clone({ live: false })).rejects.toMatchObject({ code: 'CONFLICT' });
    bed.fake.failNext('create', new Error('no space left'));
    await expect(clone({ live: false, name: 'charlie' })).rejects.toThrow();
    // The copy was whole: it is a world now, and stays.
    expect(existsSync(join(bed.dataRoot, 'charlie/data/Saves/Multiplayer/alpha/map_1_1.bin'))).toBe(true);
    expect((await bed.fake.runtime.list()).map(({ serverId }) => serverId)).toEqual(['s1']);
  });

  test('while a world is copied, nobody starts the server it belongs to', async () => {
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    const input = { server: 's1', name: 'bravo', env: {}, live: false, start: false };
    let second: Promise<unknown> | undefined;
    await bed.ask(serverClone, bravo(), {
      input,
      onStep: ({ step }) => {
        if (!step.startsWith('copying')) return;
        second ??= bed.ask(serverStart, bed.server()).catch((error: unknown) => error);
      },
    });
    expect(await second).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('server.clone') });
  });
});
