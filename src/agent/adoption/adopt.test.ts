import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdoptionWay } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createBed, original, quiet, server } from './adoption-bed.ts';

describe('an adoption', () => {
  let base: string;
  let bed: ReturnType<typeof createBed>;
  const doing = { report: () => undefined, signal: quiet };
  const file = 'Saves/Multiplayer/alpha/map_1_1.bin';
  const target = (): string => join(bed.dataRoot, 'alpha/data');

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'zedops-adopt-'));
    bed = createBed(base);
    await mkdir(bed.dataRoot);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const placeOf = (way: AdoptionWay | undefined): string =>
    way === undefined ? target() : join(way === 'copy' ? base : bed.dataRoot, 'old/zomboid');

  test('keeps a copy that a game ran on, and says where', async () => {
    await bed.world(placeOf('copy'));
    bed.fail();
    const request = { jobId: 'job-00000001', source: bed.source(placeOf('copy')), way: 'copy' } as const;
    await expect(bed.start().adopt(server, request, doing)).rejects.toThrow(
      /pz is as it was; its copy is kept as .*data\.failed-00000001/,
    );
    expect(await readFile(join(`${target()}.failed-00000001`, file), 'utf8')).toBe('the world');
  });

  test('puts everything back when it is cancelled, also one that was not running', async () => {
    await bed.world(placeOf('copy'));
    const source = bed.source(placeOf('copy'));
    bed.foreign.exit('c1');
    const ending = new AbortController();
    const report = ({ step }: { step: string }): void => {
      if (step.includes('comparing')) ending.abort(new ZedopsError('CANCELLED', 'enough'));
    };
    const adopting = bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, { report, signal: ending.signal });
    await expect(adopting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'exited' });
    expect(existsSync(join(bed.dataRoot, 'alpha'))).toBe(false);
  });

  test('copies while the original runs, and what it changes meanwhile before it takes over', async () => {
    const place = placeOf('copy');
    await bed.world(place);
    const source = bed.source(place);
    const told: string[] = [];
    const report = ({ step }: { step: string }): void => {
      if (told.at(-1) !== step) told.push(step);
      if (step !== 'data: reading the copy back') return;
      expect(bed.foreign.get('c1').status).toBe('running');
      writeFileSync(join(place, file), 'a later world');
      writeFileSync(join(place, 'Server/new.ini'), 'PVP=true');
      rmSync(join(place, 'link'));
    };
    await bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, { report, signal: quiet });
    expect(await readFile(join(target(), file), 'utf8')).toBe('a later world');
    expect(await readdir(target())).toEqual(['Saves', 'Server']);
    expect(existsSync(join(target(), 'Server/new.ini'))).toBe(true);
    const stopped = told.indexOf('stopping pz');
    expect(told.findIndex((step) => step.startsWith('data: copying the world'))).toBeLessThan(stopped);
    expect(told.findIndex((step) => step.startsWith('data: comparing'))).toBeGreaterThan(stopped);
    expect(await readdir(join(base, 'work'))).toEqual([]);
  });

  test('says what is stuck when the engine fails on the way back, and tries again at the next start', async () => {
    await bed.world(placeOf('copy'));
    bed.fail();
    const request = { jobId: 'j', source: bed.source(placeOf('copy')), way: 'copy' } as const;
    const adopting = bed.start();
    const failure = new ZedopsError('UNREACHABLE', 'The engine does not answer');
    bed.foreign.failNext('start', failure);
    await expect(adopting.adopt(server, request, doing)).rejects.toThrow(/not everything could be put back/);
    expect(bed.foreign.get('c1').status).toBe('exited');
    await bed.start().putBackLeft(() => false);
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'running' });
    await bed.start().putBackLeft(() => false);
  });

  test('refuses what another uses, what is another’s, and what would be written over', async () => {
    const place = placeOf('copy');
    await bed.world(place);
    const request = { jobId: 'j', source: bed.source(place), way: 'copy' } as const;
    const asked = (change: object = {}): Promise<unknown> =>
      bed.start().adopt(server, { ...request, ...change }, doing);
    bed.foreign.add({ ...original, id: 'c2', name: 'twin', mounts: [{ type: 'bind', from: place, to: '/x' }] });
    await expect(asked()).rejects.toThrow('The container twin runs with');
    bed.foreign.exit('c2');
    await mkdir(join(target(), 'Saves'), { recursive: true });
    await expect(asked()).rejects.toThrow('nothing is written over');
    await expect(asked({ way: undefined })).rejects.toMatchObject({ hint: expect.stringContaining('--copy') });
    await expect(asked({ way: 'in-place' })).rejects.toThrow();
    await rm(join(bed.dataRoot, 'alpha'), { recursive: true });
    await expect(asked({ way: 'in-place' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await symlink(place, join(base, 'link'));
    const linked = { source: { kind: 'folder', path: join(base, 'link') } };
    await expect(asked(linked)).rejects.toMatchObject({ code: 'FORBIDDEN', hint: expect.stringContaining(place) });
    bed.servers.set('s2', { ...server, id: 's2', name: 'other' });
    await bed.world(join(bed.dataRoot, 'other/data'));
    const others = { source: { kind: 'folder', path: join(bed.dataRoot, 'other') } };
    await expect(asked(others)).rejects.toThrow('belongs to the server other');
    await expect(asked({ source: { kind: 'folder', path: base } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(bed.foreign.get('c1')).toMatchObject({ name: 'pz', status: 'running' });
  });

  test('adopts a bare folder', async () => {
    await bed.world(join(base, 'bare/data'));
    const source = { kind: 'folder', path: join(base, 'bare') } as const;
    bed.foreign.add({ ...original, status: 'exited' });
    expect(await bed.start().adopt(server, { jobId: 'j', source, way: 'copy' }, doing)).toEqual({
      state: 'ready',
      readyAt: '2026-01-01T00:00:00.000Z',
    });
    expect(await readFile(join(target(), file), 'utf8')).toBe('the world');
  });
});
