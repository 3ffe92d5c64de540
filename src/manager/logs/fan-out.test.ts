import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { type LogBatch, type LogCursor, LogItem, linesOf } from '../../protocol/entities/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { EncodedData } from '../../protocol/frame.ts';
import type { LogReader } from './fan-out.ts';
import { createFeeds, type Feeds } from './feeds.ts';
import type { LogRead, LogSource } from './log-source.ts';

const server = { id: 'alpha-id', hostId: 'box-id', hostName: 'box-1' };
const limits = { ring: { lines: 20, characters: 100_000 }, viewerBytes: 2_000 };

/** One turn of the event loop, which is how long a feed waits before it hands on what came. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}

/** A host's log as its agent keeps it: numbered lines of which the oldest may be gone, and readers who follow. */
function createHostLog() {
  let stream = 's1';
  let next = 1;
  let first = 1;
  let isOnline = true;
  let reads = 0;
  /** Counts connections: what was asked on one does not go on on the next. */
  let connection = 1;
  const followers = new Set<{ at: number; give: (item: LogItem) => void; fail: (error: ZedopsError) => void }>();
  const waiting = new Set<() => void>();
  const textOf = (seq: number): string => `2026-01-01T00:00:00.000000000Z o ${stream} line ${seq}`;
  const batch = (from: number, through: number): LogBatch => ({
    kind: 'lines',
    stream,
    first: from,
    count: through - from + 1,
    text: Array.from({ length: through - from + 1 }, (_, index) => textOf(from + index)).join('\n'),
  });
  const away = (): ZedopsError => new ZedopsError('UNREACHABLE', 'box-1 is offline');
  const source: LogSource = {
    isThere: () => isOnline,
    there: (signal) =>
      new Promise((resolve) => {
        if (isOnline || signal.aborted) return resolve();
        const done = (): void => resolve();
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    async read({ follow, tail, after }, onItem, signal) {
      reads += 1;
      const mine = connection;
      await turn();
      if (!isOnline || connection !== mine) throw away();
      let from = 1;
      if (after?.stream === stream) from = Math.min(after.seq + 1, next);
      else if (tail !== undefined) from = Math.max(1, next - tail);
      if (after && after.stream !== stream) {
        onItem({ kind: 'gap', stream, through: from - 1, reason: 'restarted-numbering' });
      }
      if (from < first) {
        const count = first - from;
        if (after) onItem({ kind: 'gap', stream, through: first - 1, count, reason: 'rotated' });
        from = first;
      }
      const end = next - 1;
      // In pieces, with time in between for new lines and for the reader to leave.
      for (; from <= end; from += 7) {
        if (signal.aborted) throw new ZedopsError('CANCELLED', 'left');
        if (connection !== mine) throw away();
        onItem(batch(from, Math.min(end, from + 6)));
        await turn();
      }
      if (connection !== mine) throw away();
      if (!follow) return { stream, seq: end };
      return new Promise<LogCursor>((_, reject) => {
        const follower = { at: end, give: onItem, fail: reject };
        followers.add(follower);
        signal.addEventListener('abort', () => {
          followers.delete(follower);
          reject(new ZedopsError('CANCELLED', 'left'));
        });
        const missed = next - 1;
        if (missed > end) onItem(batch(end + 1, missed));
      });
    },
  };
  return {
    source,
    end: () => next - 1,
    stream: () => stream,
    reads: () => reads,
    followers: () => followers.size,
    write(count: number) {
      const from = next;
      next += count;
      for (const { give } of [...followers]) give(batch(from, next - 1));
    },
    /** The engine drops its oldest lines. */
    rotate(count: number) {
      first = Math.min(next, first + count);
    },
    leave() {
      isOnline = false;
      connection += 1;
      for (const { fail } of [...followers]) fail(away());
      followers.clear();
    },
    /** Comes back; with a lost numbering it begins anew. */
    back(isRenumbered = false) {
      if (isRenumbered) {
        stream = `s${Number(stream.slice(1)) + 1}`;
        next = 1;
        first = 1;
      }
      isOnline = true;
      for (const done of [...waiting]) done();
      waiting.clear();
    },
  };
}

interface TestViewer {
  readonly reader: LogReader;
  readonly items: LogItem[];
  readonly encoded: EncodedData[];
  /** Stops and goes on reading. */
  stall(): void;
  read(): void;
  most(): number;
}

function createViewer(): TestViewer {
  const items: LogItem[] = [];
  const encoded: EncodedData[] = [];
  const drains = new Set<() => void>();
  let isStalled = false;
  let buffered = 0;
  let most = 0;
  const take = (text: string): void => {
    items.push(LogItem.parse(JSON.parse(text)));
    if (isStalled) buffered += text.length;
    most = Math.max(most, buffered);
  };
  return {
    items,
    encoded,
    most: () => most,
    stall() {
      isStalled = true;
    },
    read() {
      isStalled = false;
      buffered = 0;
      for (const done of drains) done();
      drains.clear();
    },
    reader: {
      send: (item) => take(JSON.stringify(item)),
      sendEncoded(data) {
        encoded.push(data);
        take(data.json.toString('utf8'));
      },
      buffered: () => buffered,
      drained: () => (buffered === 0 ? Promise.resolve() : new Promise((resolve) => drains.add(resolve))),
    },
  };
}

/** Goes through what a viewer got and fails where a line came twice, out of order, wrong, or not at all without a gap. */
function checked(items: readonly LogItem[]): { lines: number; gaps: number; at: LogCursor | undefined } {
  let at: LogCursor | undefined;
  let lines = 0;
  let gaps = 0;
  for (const item of items) {
    if (item.kind === 'notice') continue;
    if (item.kind === 'gap') {
      gaps += 1;
      if (at?.stream === item.stream) {
        expect(item.through).toBeGreaterThan(at.seq);
        if (item.count !== undefined) expect(item.count).toBe(item.through - at.seq);
      } else if (at) expect(item.reason).toBe('restarted-numbering');
      at = { stream: item.stream, seq: item.through };
      continue;
    }
    if (at) expect({ stream: item.stream, first: item.first }).toEqual({ stream: at.stream, first: at.seq + 1 });
    const some = [...linesOf(item)];
    expect(some).toHaveLength(item.count);
    for (const { seq, text } of some) expect(text).toBe(`${item.stream} line ${seq}`);
    lines += some.length;
    at = { stream: item.stream, seq: item.first + item.count - 1 };
  }
  return { lines, gaps, at };
}

function setUp() {
  const host = createHostLog();
  const clock = createFakeClock(0);
  const feeds: Feeds = createFeeds({ sourceOf: () => host.source, clock, limits });
  const watch = (request: Partial<LogRead> = {}) => {
    const viewer = createViewer();
    const leaving = new AbortController();
    const over = feeds
      .follow(server, { follow: true, ...request }, { reader: viewer.reader, signal: leaving.signal })
      .catch((error: unknown) => error);
    return { ...viewer, over, leave: () => leaving.abort() };
  };
  return { host, clock, feeds, watch };
}

const notices = (items: readonly LogItem[]): string[] =>
  items.flatMap((item) => (item.kind === 'notice' ? [item.notice] : []));

describe('a followed log', () => {
  test('gives the tail, says that it is live, and then what comes', async () => {
    const { host, watch } = setUp();
    host.write(50);
    const viewer = watch({ tail: 5 });
    await turns(20);
    host.write(3);
    await turns(3);
    const { lines, gaps, at } = checked(viewer.items);
    expect({ lines, gaps, at }).toEqual({ lines: 8, gaps: 0, at: { stream: 's1', seq: 53 } });
    expect(notices(viewer.items)).toEqual(['live']);
  });

  test('gives all there is to who names no place, also beyond what is at hand', async () => {
    const { host, watch } = setUp();
    host.write(200);
    const viewer = watch();
    await turns(60);
    host.write(1);
    await turns(3);
    const later = watch();
    await turns(60);
    for (const { items } of [viewer, later]) expect(checked(items)).toMatchObject({ lines: 201, gaps: 0 });
  });

  test('of nothing yet gives the first line', async () => {
    const { host, watch } = setUp();
    const viewer = watch({ tail: 10 });
    await turns(10);
    host.write(1);
    await turns(3);
    expect(checked(viewer.items)).toMatchObject({ lines: 1, at: { seq: 1 } });
  });

  test('costs its host one stream, and one encoding, for a hundred viewers', async () => {
    const { host, watch } = setUp();
    host.write(30);
    const viewers = Array.from({ length: 100 }, () => watch({ tail: 10 }));
    await turns(20);
    expect(host.reads()).toBe(2);
    expect(host.followers()).toBe(1);
    const before = viewers.map(({ encoded }) => encoded.length);
    host.write(2);
    host.write(3);
    await turns(3);
    const sent = viewers.map(({ encoded }, index) => encoded.slice(before[index]));
    expect(new Set(sent.flat()).size).toBe(1);
    expect(sent.every((one) => one.length === 1)).toBe(true);
    for (const { items } of viewers) expect(checked(items)).toMatchObject({ lines: 15, gaps: 0 });
  });

  test('is closed a little after the last viewer has left, and not before', async () => {
    const { host, clock, feeds, watch } = setUp();
    const viewer = watch();
    await turns(10);
    viewer.leave();
    expect(await viewer.over).toMatchObject({ code: 'CANCELLED' });
    clock.advance(5_000);
    expect(feeds.count()).toBe(1);
    const other = watch();
    clock.advance(20_000);
    await turns(5);
    expect({ open: feeds.count(), followers: host.followers() }).toEqual({ open: 1, followers: 1 });
    other.leave();
    await other.over;
    clock.advance(20_000);
    expect({ open: feeds.count(), followers: host.followers(), timers: clock.pending() }).toEqual({
      open: 0,
      followers: 0,
      timers: 0,
    });
  });

  test('goes on after the last line for a viewer who comes back', async () => {
    const { host, watch } = setUp();
    host.write(100);
    const early = watch({ tail: 0 });
    await turns(20);
    for (const seq of [97, 60]) {
      const viewer = watch({ after: { stream: 's1', seq } });
      await turns(20);
      expect(viewer.items[0]).toMatchObject({ kind: 'lines', first: seq + 1 });
      expect(checked(viewer.items)).toMatchObject({ lines: 100 - seq, gaps: 0 });
    }
    expect(checked(early.items).lines).toBe(0);
  });

  test('says that numbers began anew to a viewer who has old ones', async () => {
    const { host, watch } = setUp();
    host.write(3);
    const viewer = watch({ after: { stream: 's0', seq: 7 } });
    await turns(20);
    expect(viewer.items[0]).toMatchObject({ kind: 'gap', stream: 's1', reason: 'restarted-numbering' });
    expect(checked(viewer.items)).toMatchObject({ lines: 3, gaps: 1 });
  });

  test('ends with what its host says for good', async () => {
    const { host, feeds, watch } = setUp();
    host.source.read = async () => {
      throw new ZedopsError('NOT_FOUND', 'This host has no such server');
    };
    expect(await watch().over).toMatchObject({ code: 'NOT_FOUND' });
    expect(feeds.count()).toBe(0);
  });
});

describe('a host that goes away', () => {
  test('is waited for, and its log goes on where it was', async () => {
    const { host, watch } = setUp();
    host.write(10);
    const viewer = watch({ tail: 5 });
    await turns(20);
    host.leave();
    await turns(5);
    host.write(40);
    host.back();
    await turns(40);
    host.write(1);
    await turns(3);
    expect(notices(viewer.items)).toEqual(['live', 'host-offline', 'host-back']);
    expect(checked(viewer.items)).toMatchObject({ lines: 46, gaps: 0, at: { seq: 51 } });
  });

  test('is waited for by who comes meanwhile', async () => {
    const { host, watch } = setUp();
    host.write(10);
    host.leave();
    const first = watch({ tail: 5 });
    await turns(5);
    const second = watch({ tail: 5 });
    await turns(5);
    host.back();
    await turns(20);
    for (const { items } of [first, second]) {
      expect(notices(items)).toEqual(['host-offline', 'host-back', 'live']);
      expect(checked(items)).toMatchObject({ lines: 5, gaps: 0 });
    }
  });

  test('and comes back with new numbers is a gap', async () => {
    const { host, watch } = setUp();
    host.write(10);
    const viewer = watch({ tail: 5 });
    await turns(20);
    host.leave();
    host.back(true);
    host.write(3);
    await turns(20);
    expect(checked(viewer.items)).toMatchObject({ lines: 8, gaps: 1, at: { stream: 's2', seq: 3 } });
  });

  test('is not waited for by who does not follow', async () => {
    const { host, feeds } = setUp();
    host.write(10);
    const viewer = createViewer();
    const asked = { reader: viewer.reader, signal: new AbortController().signal };
    expect(await feeds.read(server, { follow: false, tail: 4 }, asked)).toEqual({ stream: 's1', seq: 10 });
    expect(checked(viewer.items).lines).toBe(4);
    host.leave();
    await expect(feeds.read(server, { follow: false }, asked)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('a viewer who reads too slowly', () => {
  test('gets a gap with a count, holds nobody up, and costs no more memory', async () => {
    const { host, watch } = setUp();
    const slow = watch({ tail: 0 });
    const other = watch({ tail: 0 });
    await turns(20);
    slow.stall();
    for (let round = 0; round < 200; round += 1) {
      host.write(5);
      await turn();
    }
    await turns(3);
    expect(checked(other.items)).toMatchObject({ lines: 1000, gaps: 0 });
    // The budget, and what was on its way when it was passed.
    expect(slow.most()).toBeLessThan(limits.viewerBytes + 1_000);
    slow.read();
    await turns(3);
    host.write(1);
    await turns(3);
    const { lines, gaps, at } = checked(slow.items);
    expect(gaps).toBe(1);
    expect(slow.items.find(({ kind }) => kind === 'gap')).toMatchObject({ reason: 'slow-reader' });
    expect(at).toEqual({ stream: 's1', seq: 1001 });
    expect(lines).toBeLessThan(200);
  });

  test('loses nothing that is still at hand', async () => {
    const { host, watch } = setUp();
    const slow = watch({ tail: 0 });
    await turns(20);
    slow.stall();
    for (let round = 0; round < 12; round += 1) {
      host.write(5);
      await turn();
    }
    slow.read();
    await turns(3);
    expect(checked(slow.items)).toMatchObject({ lines: 60, gaps: 0 });
  });

  test('is given the past in pieces, without a hole', async () => {
    const { host, watch } = setUp();
    host.write(300);
    const slow = watch();
    slow.stall();
    await turns(50);
    expect(slow.most()).toBeLessThan(limits.viewerBytes + 1_000);
    for (let round = 0; round < 40; round += 1) {
      slow.read();
      slow.stall();
      await turns(10);
    }
    slow.read();
    await turns(60);
    expect(checked(slow.items)).toMatchObject({ lines: 300, gaps: 0 });
  });
});

test('whatever happens, every viewer gets each line once, in order, or a gap in its place', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), count: fc.integer({ min: 1, max: 12 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('join' as const),
        tail: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
        back: fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('quit' as const), who: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), who: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), who: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), count: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('back' as const), isRenumbered: fc.boolean() }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { host, clock, feeds, watch } = setUp();
      const viewers: ReturnType<typeof watch>[] = [];
      const stalled = new Set<unknown>();
      const rotates = steps.some((one) => one.do === 'rotate');
      let isOnline = true;
      for (const one of steps) {
        if (one.do === 'write') host.write(one.count);
        else if (one.do === 'wait') await turns(one.count);
        else if (one.do === 'rotate') host.rotate(one.count);
        else if (one.do === 'join') {
          const seq = Math.max(0, host.end() - (one.back ?? 0));
          viewers.push(watch(one.back === undefined ? { tail: one.tail } : { after: { stream: host.stream(), seq } }));
        } else if (one.do === 'leave') {
          isOnline = false;
          host.leave();
        } else if (one.do === 'back') {
          if (!isOnline) host.back(one.isRenumbered);
          isOnline = true;
        } else {
          const viewer = viewers[one.who % Math.max(1, viewers.length)];
          if (one.do === 'quit') viewer?.leave();
          else if (one.do === 'read') viewer?.read();
          else {
            stalled.add(viewer);
            viewer?.stall();
          }
        }
        clock.advance(300);
      }
      if (!isOnline) host.back();
      for (let round = 0; round < 12; round += 1) {
        for (const viewer of viewers) viewer.read();
        clock.advance(1_000);
        await turns(12);
      }
      host.write(1);
      await turns(4);
      const end = { stream: host.stream(), seq: host.end() };
      for (const viewer of viewers) {
        const { at } = checked(viewer.items);
        const reasons = viewer.items.flatMap((item) => (item.kind === 'gap' ? [item.reason] : []));
        if (!stalled.has(viewer)) expect(reasons).not.toContain('slow-reader');
        if (!rotates) expect(reasons).not.toContain('rotated');
        const isGone = await Promise.race([viewer.over.then(() => true), turn().then(() => false)]);
        if (!isGone) expect(at).toEqual(end);
        viewer.leave();
      }
      feeds.close();
    }),
    { numRuns: 200 },
  );
}, 60_000);
