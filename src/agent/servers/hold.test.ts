import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { type Hold, holdServers, openHold } from './hold.ts';

describe('servers of a host that joined anew', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-hold-'));
    await mkdir(join(folder, 'servers'));
    for (const id of ['s1', 's2']) await writeFile(join(folder, 'servers', `${id}.json`), '{}');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const known = [{ id: 's1' }, { id: 's2' }];
  const open = (): Promise<Hold> => openHold(folder, known, silentLog);

  it('are held until the manager calls them this host’s own, also by an agent that was started anew', async () => {
    await holdServers(folder);
    const hold = await open();
    let told = 0;
    hold.onTold(() => {
      told += 1;
    });
    expect(told).toBe(0);
    expect(() => hold.refuse({ id: 's1', name: 'alpha' })).toThrow(/^alpha may be another host’s by now/);
    expect(() => hold.refuse({ id: 's3', name: 'new' })).not.toThrow();
    await hold.told(['s1', 's9']);
    expect(told).toBe(1);
    expect(() => hold.refuse({ id: 's1', name: 'alpha' })).not.toThrow();
    hold.onTold(() => {
      told += 10;
    });
    expect(told).toBe(11);
    const later = await open();
    expect([later.isHeld('s1'), later.isHeld('s2')]).toEqual([false, true]);
    await later.told(['s2']);
    expect(existsSync(join(folder, 'held.json'))).toBe(false);
  });

  it('are not held on a host that did not join anew, nor is there anything to hold on a new one', async () => {
    const hold = await open();
    let told = 0;
    hold.onTold(() => {
      told += 1;
    });
    expect(told).toBe(1);
    expect(hold.isHeld('s1')).toBe(false);
    await rm(join(folder, 'servers'), { recursive: true });
    await holdServers(folder);
    expect(existsSync(join(folder, 'held.json'))).toBe(false);
  });

  it('are all held where the note of it cannot be read', async () => {
    await writeFile(join(folder, 'held.json'), 'half a fi');
    const hold = await open();
    expect([hold.isHeld('s1'), hold.isHeld('s2')]).toEqual([true, true]);
  });
});
