import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import type { HandedLog } from '../../protocol/entities/relocation.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { LogPlace } from './follow.ts';
import { createLogHandOver } from './hand-over.ts';
import { openNumbering } from './numbering.ts';
import { createLogTakeOver, type OtherLog, type TakeOverLog } from './take-over.ts';

const alpha: DesiredServer = {
  id: 's1',
  name: 'alpha',
  revision: 1,
  power: 'on',
  image: { template: 'simulator', reference: 'simulator', pull: 'never' },
  env: {},
  secretKeys: [],
  game: { worldName: 'alpha', ports: [], volumes: [], stopSeconds: 60 },
  limits: {},
  deleted: false,
};
const stream = 'abc123';
const piece = (first: number, last: number): string =>
  `${String(first).padStart(12, '0')}-${last}-1-2-${stream}.log.zst`;

describe('a log that comes from another host', () => {
  let base: string;
  let place: LogPlace;
  let content: Map<string, string>;
  let handed: HandedLog;
  let asked: string[];
  let takeOver: TakeOverLog;
  const { signal } = new AbortController();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'zedops-take-over-'));
    place = {
      numbering: join(base, 's1.json'),
      archive: join(base, 's1/archive'),
      arriving: join(base, 's1/arriving'),
    };
    content = new Map([
      [piece(1, 10), 'first'],
      [piece(11, 20), 'second'],
    ]);
    handed = { stream, next: 31, holes: [{ first: 21, last: 25 }], pieces: [] };
    asked = [];
    takeOver = createLogTakeOver({ logs, bytes: 100, log: silentLog });
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const logs = { release: async () => undefined, placeOf: () => place };
  const other: OtherLog = {
    list: async () => ({
      ...handed,
      pieces: [...content].map(([name, text]) => ({ name, bytes: text.length })),
    }),
    async read(name, offset, length) {
      asked.push(name);
      return Buffer.from(content.get(name) ?? '').subarray(offset, offset + length);
    },
  };
  const bring = (isLast: boolean): Promise<string | undefined> => takeOver(alpha, other, { isLast, signal });

  it('comes while the game runs, then the rest of it, and takes the place of what was here', async () => {
    await mkdir(place.archive, { recursive: true });
    await writeFile(join(place.archive, piece(1, 5)), 'of an earlier stay');
    expect(await bring(false)).toBeUndefined();
    expect(await readdir(place.archive)).toEqual([piece(1, 5)]);
    content.set(piece(26, 30), 'third');
    asked = [];
    expect(await bring(true)).toBeUndefined();
    expect(asked).toEqual([piece(26, 30)]);
    expect(await readdir(place.archive)).toEqual([piece(1, 10), piece(11, 20), piece(26, 30)]);
    const numbering = await openNumbering(place.numbering);
    expect([numbering.stream, numbering.next(), numbering.holes()]).toEqual([stream, 31, [{ first: 21, last: 25 }]]);
  });

  it('is brought again where an earlier try was cut off, and without what has become too old meanwhile', async () => {
    await mkdir(place.arriving, { recursive: true });
    await writeFile(join(place.arriving, piece(1, 10)), 'firs');
    await writeFile(join(place.arriving, `${piece(11, 20)}.part`), 'sec');
    const { read } = other;
    const pruned: OtherLog = {
      ...other,
      read: (name, ...rest) =>
        name === piece(11, 20) ? Promise.reject(new ZedopsError('NOT_FOUND', 'gone')) : read(name, ...rest),
    };
    expect(await takeOver(alpha, pruned, { isLast: true, signal })).toBeUndefined();
    expect(asked).toEqual([piece(1, 10)]);
    expect((await readdir(place.archive)).filter((name) => name.endsWith('.zst'))).toEqual([piece(1, 10)]);
  });

  it('keeps its newest pieces where this host keeps less', async () => {
    content.set(piece(26, 30), 'x'.repeat(95));
    await bring(true);
    expect(await readdir(place.archive)).toEqual([piece(26, 30)]);
  });

  it.each([
    ['leads out of its folder', '../../../etc/cron.d/x'],
    ['is of another log', piece(1, 2).replace(stream, 'fff')],
    ['has numbers that are still to come', piece(1, 31)],
  ])('is refused where a piece %s, which costs the move nothing', async (_, name) => {
    content.set(name, 'x');
    expect(await bring(true)).toContain('is refused');
    expect(await readdir(base, { recursive: true })).toEqual([]);
  });

  it('never takes more than a piece was said to have', async () => {
    const long: OtherLog = { ...other, read: async () => Buffer.alloc(1000) };
    expect(await takeOver(alpha, long, { isLast: true, signal })).toContain('ended early');
  });

  it('ends with the job that brings it', async () => {
    const ending = new AbortController();
    ending.abort();
    const stopped: OtherLog = { ...other, list: () => Promise.reject(new ZedopsError('CANCELLED', 'cancelled')) };
    await expect(takeOver(alpha, stopped, { isLast: true, signal: ending.signal })).rejects.toThrow();
  });

  it('is given away by its pieces alone', async () => {
    await mkdir(place.archive, { recursive: true });
    await writeFile(join(place.archive, piece(1, 10)), 'first');
    await writeFile(join(base, 'secret'), 'secret');
    const { read } = createLogHandOver({ placeOf: () => place, sealed: () => Promise.reject(new Error('not asked')) });
    expect((await read(alpha, piece(1, 10), 1, 9)).toString()).toBe('irst');
    await expect(read(alpha, '../../secret', 0, 9)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(read(alpha, piece(1, 9), 0, 9)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
