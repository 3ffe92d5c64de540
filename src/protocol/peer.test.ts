import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { ZedopsError } from './errors.ts';
import { encodeData, maxFrameBytes } from './frame.ts';
import { createPeer, type Incoming } from './peer.ts';
import { count, lone, nothing, pair, settle } from './peer-bed.ts';
import { createWirePair } from './wire.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('carries request, progress and reply, with the first asker’s id', async () => {
  const seen: Incoming[] = [];
  const { left, right } = pair(async (incoming) => {
    seen.push(incoming);
    incoming.progress({ at: 1 });
    incoming.progressEncoded(encodeData({ at: 2 }));
    return { sum: 3 };
  });
  const progress: number[] = [];
  const reply = await left.request(count, { to: 2 }, { id: 'first-asker', onProgress: ({ at }) => progress.push(at) });
  expect(reply).toEqual({ sum: 3 });
  expect(progress).toEqual([1, 2]);
  expect(seen[0]).toMatchObject({ subject: 'test.count', id: 'first-asker', data: { to: 2 } });
  expect([left.pending(), right.pending()]).toEqual([nothing, nothing]);
});

test('carries an error whole, and of a bug only the id', async () => {
  const bugs: unknown[] = [];
  const { left } = pair(
    async ({ data }) => {
      if (z.object({ to: z.literal('bug') }).safeParse(data).success) throw new TypeError('the cellar is on fire');
      throw new ZedopsError('CONFLICT', 'alpha is busy', { hint: 'zedops ps' });
    },
    { onBug: (error, id) => bugs.push([error, id]) },
  );
  await expect(left.request(count, { to: 1 })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'alpha is busy',
    hint: 'zedops ps',
  });
  const bug = await left.request(count, { to: 'bug' }, { id: 'b1' }).catch((error: unknown) => error);
  expect(bug).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('b1') });
  expect(String(bug)).not.toContain('cellar');
  expect(bugs).toEqual([[expect.any(TypeError), 'b1']]);
});

test('carries an error whose message quotes too much', async () => {
  const { left } = pair(async () => {
    throw new ZedopsError('NOT_FOUND', 'x'.repeat(maxFrameBytes), { hint: 'y'.repeat(9000) });
  });
  await expect(left.request(count, { to: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe('what is too large for a frame', () => {
  const large = 'x'.repeat(maxFrameBytes);
  test('fails alone and leaves the wire open', async () => {
    const { left } = pair(async ({ data, progress }) => {
      const { to } = z.object({ to: z.unknown() }).parse(data);
      if (to === 'progress') progress({ at: large });
      return to === 'reply' ? { sum: large } : { sum: 1 };
    });
    for (const to of [large, 'reply', 'progress']) {
      await expect(left.request(count, { to })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    await expect(left.request(count, { to: 1 })).resolves.toEqual({ sum: 1 });
  });
});

test('leaves nothing behind of a request or an answer that cannot be JSON', async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const bugs: unknown[] = [];
  const { left, right } = pair(async () => circle, { onBug: (error) => bugs.push(error) });
  await expect(left.request(count, { to: 1n })).rejects.toThrow(TypeError);
  await expect(left.request(count, { to: 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(bugs).toHaveLength(1);
  expect([left.pending(), right.pending()]).toEqual([nothing, nothing]);
});

describe('limits', () => {
  test('refuses one request too many, and counts handlers whose asker gave up', async () => {
    const release: (() => void)[] = [];
    const { peer, say, sent } = lone(() => new Promise((resolve) => release.push(() => resolve({}))), { maxServed: 2 });
    say({ subject: 'x', reply: '_INBOX.a' });
    say({ subject: 'x', reply: '_INBOX.b' });
    say({ subject: '$cancel', data: '_INBOX.a' });
    say({ subject: 'x', reply: '_INBOX.c' });
    await settle();
    expect(sent).toMatchObject([{ subject: '_INBOX.c', error: { code: 'UNREACHABLE' } }]);
    for (const end of release) end();
    await settle();
    say({ subject: 'x', reply: '_INBOX.d' });
    await settle();
    expect(peer.pending().served).toBe(1);
    expect(release).toHaveLength(3);
  });

  test.each([
    [
      'an inbox used twice',
      [
        { subject: 'x', reply: '_INBOX.a' },
        { subject: 'y', reply: '_INBOX.a' },
      ],
    ],
    ['a request without an inbox', [{ subject: 'x' }]],
    ['a request whose inbox is none', [{ subject: 'x', reply: 'server.kill' }]],
    ['junk', [{}]],
  ])('closes the wire for %s', async (_, frames) => {
    const { peer, say } = lone(() => new Promise(() => undefined));
    for (const frame of frames) say(frame);
    await expect(peer.closed).resolves.toMatchObject({ code: 4400 });
    expect(peer.pending()).toEqual(nothing);
  });
});

test('ends everything in both directions when the wire closes', async () => {
  const aborted: unknown[] = [];
  const { left, right } = pair(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(aborted.push(signal.reason)))),
  );
  const asked = [left.request(count, { to: 1 }), left.request(count, { to: 2 })];
  await settle();
  right.close(1001, 'the manager goes away');
  for (const outcome of await Promise.allSettled(asked)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNREACHABLE' } });
  }
  expect(await left.closed).toEqual({ code: 1001, reason: 'the manager goes away' });
  expect(aborted).toHaveLength(2);
  await expect(left.request(count, { to: 1 })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect([left.pending(), right.pending()]).toEqual([nothing, nothing]);
});

test('lets a sender wait until the wire has drained, and no longer than the wire stands', async () => {
  let buffered = 10;
  const [inner, theirs] = createWirePair();
  let drain: () => void = () => undefined;
  const waits: string[] = [];
  createPeer({
    wire: {
      ...inner,
      buffered: () => buffered,
      listen(events) {
        drain = events.drained;
        inner.listen(events);
      },
    },
    async serve({ subject, drained }) {
      await drained();
      waits.push(subject);
    },
  });
  theirs.send('{"subject":"first","reply":"_INBOX.1"}');
  await settle();
  expect(waits).toEqual([]);
  drain();
  await settle();
  expect(waits).toEqual(['first']);
  theirs.send('{"subject":"second","reply":"_INBOX.2"}');
  await settle();
  theirs.close(1000, '');
  await settle();
  buffered = 0;
  expect(waits).toEqual(['first', 'second']);
});
