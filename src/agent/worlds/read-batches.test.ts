import { describe, expect, it } from 'vitest';
import { batch, batchCost } from '../../protocol/entities/relocation.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createReadBatches, type Piece } from './read-batches.ts';

const pieces = (count: number, length: number): Piece[] =>
  Array.from({ length: count }, (_, index) => ({ path: `map/${index}.bin`, length }));

describe('small files of a distant world', () => {
  it('go together in few requests, each within its bounds', async () => {
    const sizes: number[] = [];
    let atOnce = 0;
    const readSoon = createReadBatches(async (files) => {
      atOnce += 1;
      expect(atOnce).toBeLessThanOrEqual(2);
      sizes.push(files.length);
      expect(files.reduce((sum, file) => sum + batchCost(file), 0)).toBeLessThanOrEqual(batch.bytes);
      await Promise.resolve();
      atOnce -= 1;
      return files.map(({ path, length }) => Buffer.alloc(length, path));
    });
    const wanted = [...pieces(2_000, 10), ...pieces(40, 60_000)];
    const read = await Promise.all(wanted.map(readSoon));
    expect(read).toEqual(wanted.map(({ path, length }) => Buffer.alloc(length, path)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2_040);
    expect(Math.max(...sizes)).toBe(batch.files);
    expect(sizes.length).toBeLessThan(20);
  });

  it('tell of one that is gone, or that the answer has not, and give the others', async () => {
    const readSoon = createReadBatches(async (files) =>
      files.map(({ path }) => (path === 'a' ? undefined : Buffer.of(1))),
    );
    const [gone, there] = await Promise.allSettled([
      readSoon({ path: 'a', length: 1 }),
      readSoon({ path: 'b', length: 1 }),
    ]);
    expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(there).toMatchObject({ status: 'fulfilled', value: Buffer.of(1) });
    const short = createReadBatches(async () => []);
    await expect(short({ path: 'b', length: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('fail together where a request fails, and later ones are asked for all the same', async () => {
    let isAway = true;
    const readSoon = createReadBatches(async (files) => {
      if (isAway) throw new ZedopsError('CANCELLED', 'away');
      return files.map(() => Buffer.of(1));
    });
    const failed = await Promise.allSettled(pieces(5, 1).map(readSoon));
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
    isAway = false;
    expect(await readSoon({ path: 'b', length: 1 })).toEqual(Buffer.of(1));
  });
});
