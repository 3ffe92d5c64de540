import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CloseReason, createWirePair, type Wire } from './wire.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Listens and keeps what comes. */
function record(wire: Wire): { readonly frames: string[]; readonly closed: CloseReason[] } {
  const seen: { frames: string[]; closed: CloseReason[] } = { frames: [], closed: [] };
  wire.listen({
    frame: (text) => seen.frames.push(text),
    drained: () => undefined,
    closed: (reason) => seen.closed.push(reason),
  });
  return seen;
}

test('frames arrive in the order they were sent, also those from before anyone listened', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.array(fc.string()), async (early, late) => {
      const [left, right] = createWirePair();
      for (const text of early) left.send(text);
      await settle();
      const seen = record(right);
      for (const text of late) left.send({ payload: Buffer.from(text) });
      left.close(1000, 'end');
      left.send('after the end');
      await settle();
      expect(seen.frames).toEqual([...early, ...late.map((text) => Buffer.from(text).toString('utf8'))]);
      expect(seen.closed).toEqual([{ code: 1000, reason: 'end' }]);
    }),
    { numRuns: 50 },
  );
});

test('a frame arrives later than the call that sent it', () => {
  const [left, right] = createWirePair();
  const seen = record(right);
  left.send('x');
  expect(seen.frames).toEqual([]);
});

test('both ends hear of the close once, whoever closes, and however often', async () => {
  const [left, right] = createWirePair();
  const [a, b] = [record(left), record(right)];
  left.close(4400, 'first');
  right.close(1000, 'second');
  left.close(1000, 'third');
  await settle();
  expect(a.closed).toEqual([{ code: 4400, reason: 'first' }]);
  expect(b.closed).toHaveLength(1);
});

test('who listens after the end hears of the end', async () => {
  const [left, right] = createWirePair();
  right.send('last words');
  right.close(1001, 'gone');
  await settle();
  const seen = record(left);
  expect(seen).toEqual({ frames: ['last words'], closed: [{ code: 1001, reason: 'gone' }] });
});

test('a listener that closes at the first of several early frames hears no more of them, and of the close once', async () => {
  const [left, right] = createWirePair();
  for (const text of ['1', '2', '3']) left.send(text);
  await settle();
  const seen: string[] = [];
  right.listen({
    frame(text) {
      seen.push(text);
      right.close(4400, 'bad');
    },
    drained: () => undefined,
    closed: () => seen.push('closed'),
  });
  await settle();
  expect(seen).toEqual(['1', 'closed']);
});
