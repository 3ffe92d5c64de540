import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../platform/clock.ts';
import { type LogCursor, linesOf } from '../../protocol/entities/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverLogs } from '../../protocol/operations/server.ts';
import { closeCodes } from '../../protocol/wire.ts';
import { createFakeManager, type FakeRequest } from '../fake-manager.ts';
import { type FollowedItem, followLog } from './follow-log.ts';

/** A clock whose timers fall due at once: outages are waited out without waiting. */
const hurried: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(_, task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
  every: () => () => undefined,
};

const line = (seq: number): string => `2026-11-21T18:00:00.000000000Z o line ${seq}`;

function batch(first: number, count: number, stream = 's1'): object {
  const text = Array.from({ length: count }, (_, index) => line(first + index)).join('\n');
  return { kind: 'lines', stream, first, count, text };
}

function collector() {
  const items: FollowedItem[] = [];
  const seqs = (): number[] =>
    items.flatMap((item) => (item.kind === 'lines' ? [...linesOf(item)].map(({ seq }) => seq) : []));
  const sink = {
    take: (item: FollowedItem) => void items.push(item),
    backlog: () => 0,
    drained: () => Promise.resolve(),
  };
  return { items, seqs, sink };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const after = ({ data }: FakeRequest): LogCursor | undefined => serverLogs.request.parse(data).after;

test('gives every line once and in order, however the connection is cut', async () => {
  const cuts = fc.array(fc.record({ lines: fc.integer({ min: 0, max: 7 }), again: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(cuts, async (plan) => {
      const total = plan.reduce((sum, { lines }) => sum + lines, 5);
      let step = 0;
      const manager = createFakeManager(
        {
          'server.logs': async (request) => {
            const from = after(request)?.seq ?? 0;
            const part = plan[step];
            step += 1;
            if (!part) {
              if (total > from) request.progress(batch(from + 1, total - from));
              return {};
            }
            request.progress({ kind: 'notice', notice: 'live' });
            // A manager that sends again what the reader has must do no harm.
            const first = Math.max(1, from + 1 - part.again);
            if (part.lines > 0) request.progress(batch(first, from + part.lines - first + 1));
            await new Promise(setImmediate);
            manager.cut();
            return {};
          },
        },
        hurried,
      );
      const { sink, seqs } = collector();
      await followLog(
        { server: 'alpha', follow: true },
        { open: () => manager.open(), sink, clock: hurried, signal: new AbortController().signal },
      );
      expect(seqs()).toEqual(upTo(total));
    }),
    { numRuns: 60 },
  );
});

test('says when the connection is lost and back, and marks a hole that nobody explains', async () => {
  let calls = 0;
  const manager = createFakeManager(
    {
      'server.logs': async (request) => {
        calls += 1;
        if (calls === 1) {
          request.progress(batch(1, 3));
          await new Promise(setImmediate);
          manager.cut();
          return {};
        }
        request.progress(batch(6, 2));
        return {};
      },
    },
    hurried,
  );
  const { sink, items, seqs } = collector();
  await followLog(
    { server: 'alpha', follow: true, tail: 3 },
    { open: () => manager.open(), sink, clock: hurried, signal: new AbortController().signal },
  );
  expect(items.map((item) => (item.kind === 'connection' ? item.state : item.kind))).toEqual([
    'lines',
    'lost',
    'back',
    'gap',
    'lines',
  ]);
  expect(items[3]).toMatchObject({ through: 5, count: 2, reason: 'unexplained' });
  expect(seqs()).toEqual([1, 2, 3, 6, 7]);
});

test('takes a gap as its new place, and a new numbering from its start', async () => {
  const manager = createFakeManager(
    {
      'server.logs': (request) => {
        request.progress(batch(10, 2));
        request.progress({ kind: 'gap', stream: 's1', through: 48, count: 37, reason: 'slow-reader' });
        request.progress(batch(49, 1));
        request.progress({ kind: 'gap', stream: 's2', through: 0, reason: 'restarted-numbering' });
        request.progress(batch(1, 2, 's2'));
        return {};
      },
    },
    hurried,
  );
  const { sink, items, seqs } = collector();
  await followLog(
    { server: 'alpha', follow: false },
    { open: () => manager.open(), sink, clock: hurried, signal: new AbortController().signal },
  );
  expect(seqs()).toEqual([10, 11, 49, 1, 2]);
  expect(items.filter(({ kind }) => kind === 'gap')).toHaveLength(2);
});

test('a log followed from its end resumes where that end was, also when no line came in between', async () => {
  const cursors: (LogCursor | undefined)[] = [];
  let follows = 0;
  const manager = createFakeManager(
    {
      'server.logs': async (request) => {
        const { follow } = serverLogs.request.parse(request.data);
        if (!follow) {
          request.progress(batch(41, 1));
          return { cursor: { stream: 's1', seq: 41 } };
        }
        follows += 1;
        cursors.push(after(request));
        if (follows === 1) {
          await new Promise(setImmediate);
          manager.cut();
          return {};
        }
        request.progress(batch(42, 2));
        return {};
      },
    },
    hurried,
  );
  const { sink, seqs } = collector();
  await followLog(
    { server: 'alpha', follow: true, tail: 0 },
    { open: () => manager.open(), sink, clock: hurried, signal: new AbortController().signal },
  );
  expect(cursors).toEqual([
    { stream: 's1', seq: 41 },
    { stream: 's1', seq: 41 },
  ]);
  expect(seqs()).toEqual([42, 43]);
});

test('a sink that lags puts the stream down and loses nothing', async () => {
  const seen: number[] = [];
  let backlog = 0;
  let drains = 0;
  let most = 0;
  const manager = createFakeManager(
    {
      'server.logs': async (request) => {
        const from = after(request)?.seq ?? 0;
        for (let seq = from + 1; seq <= 400 && !request.signal.aborted; seq += 1) {
          request.progress(batch(seq, 1));
          await new Promise(setImmediate);
        }
        return {};
      },
    },
    hurried,
  );
  const sink = {
    take(item: FollowedItem) {
      if (item.kind !== 'lines') return;
      seen.push(item.first);
      backlog += item.text.length;
      most = Math.max(most, backlog);
    },
    backlog: () => backlog,
    async drained() {
      await new Promise(setImmediate);
      drains += 1;
      backlog = 0;
    },
  };
  await followLog(
    { server: 'alpha', follow: true },
    { open: () => manager.open(), sink, clock: hurried, signal: new AbortController().signal, mostBacklog: 2_000 },
  );
  expect(seen).toEqual(upTo(400));
  expect(drains).toBeGreaterThan(5);
  expect(most).toBeLessThan(3_000);
});

test('a refusal ends it: no such server, a first connection that fails, access taken away', async () => {
  const { sink } = collector();
  const signal = new AbortController().signal;
  const missing = createFakeManager(
    {
      'server.logs': () => {
        throw new ZedopsError('NOT_FOUND', 'There is no server alpha');
      },
    },
    hurried,
  );
  const follow = (manager: ReturnType<typeof createFakeManager>) =>
    followLog({ server: 'alpha', follow: true }, { open: () => manager.open(), sink, clock: hurried, signal });
  await expect(follow(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });

  const down = createFakeManager({}, hurried);
  down.isDown = true;
  await expect(follow(down)).rejects.toMatchObject({ code: 'UNREACHABLE' });

  const revoking = createFakeManager(
    {
      'server.logs': async (request) => {
        request.progress(batch(1, 1));
        await new Promise(setImmediate);
        revoking.cut(closeCodes.rejected, 'you were removed');
        return {};
      },
    },
    hurried,
  );
  await expect(follow(revoking)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: expect.stringContaining('you were removed'),
  });
});
