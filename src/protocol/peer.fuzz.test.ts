import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ZedopsError } from './errors.ts';
import { createPeer } from './peer.ts';
import { count, settle } from './peer-bed.ts';
import { createWirePair } from './wire.ts';

const maxServed = 3;

const index = fc.nat(5);
const inbox = fc.constantFrom('a', 'b', 'c', 'd', 'e');

/** What may happen to a peer, in any order. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), listener: fc.constantFrom('fine', 'throws') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), index }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      index,
      how: fc.constantFrom('reply', 'unfit reply', 'error', 'unfit error', 'progress', 'unfit progress'),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      inbox,
      how: fc.constantFrom('reply', 'throw', 'bug', 'hang', 'hang till aborted', 'talk'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), inbox }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('junk' as const), text: fc.oneof(fc.string(), fc.json()) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: fc.constantFrom('we', 'they') }) },
);

/** What the model knows of one request of ours. */
interface Asked {
  readonly controller: AbortController;
  readonly throws: boolean;
  due: number;
  /** What it must come to, once that is decided. */
  expected: string | undefined;
  came: string | undefined;
}

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  process.on('unhandledRejection', onUnhandled);
});

afterEach(() => {
  process.off('unhandledRejection', onUnhandled);
  vi.useRealTimers();
  expect(unhandled).toEqual([]);
});

test('comes through anything that may happen to it, as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
      const [ours, theirs] = createWirePair();
      const sentErrors: string[] = [];
      theirs.listen({ frame: (text) => sentErrors.push(text), drained: () => undefined, closed: () => undefined });
      const releases: (() => void)[] = [];
      let running = 0;
      let most = 0;
      const peer = createPeer({
        wire: ours,
        maxServed,
        async serve({ subject, signal, progress }) {
          running += 1;
          most = Math.max(most, running);
          try {
            if (subject === 'throw') throw new ZedopsError('CONFLICT', 'busy');
            if (subject === 'bug') throw new Error('bug');
            if (subject === 'talk') for (let at = 0; at < 3; at += 1) progress({ at });
            if (subject === 'hang') await new Promise<void>((resolve) => releases.push(resolve));
            if (subject === 'hang-till-aborted') {
              await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
            }
            return { sum: 1 };
          } finally {
            running -= 1;
          }
        },
      });
      const asked: Asked[] = [];
      let now = 0;
      let open = true;
      const decide = (request: Asked | undefined, outcome: string): void => {
        if (request && request.expected === undefined) request.expected = outcome;
      };
      void peer.closed.then(() => {
        open = false;
        for (const request of asked) decide(request, 'UNREACHABLE');
      });

      for (const one of happenings) {
        if (one.do === 'ask') {
          const controller = new AbortController();
          const request: Asked = {
            controller,
            throws: one.listener === 'throws',
            due: now + count.timeoutMs,
            expected: open ? undefined : 'UNREACHABLE',
            came: undefined,
          };
          asked.push(request);
          peer
            .request(
              count,
              { to: 1 },
              {
                signal: controller.signal,
                onProgress() {
                  if (request.throws) throw new Error('listener');
                },
              },
            )
            .then(
              () => {
                request.came = 'ok';
              },
              (error: unknown) => {
                request.came = error instanceof ZedopsError ? error.code : String(error);
              },
            );
        } else if (one.do === 'abort') {
          const request = asked[one.index];
          decide(request, 'CANCELLED');
          request?.controller.abort();
        } else if (one.do === 'answer') {
          // Requests made while the wire is closed take no inbox, so numbers and order agree while it is open.
          for (let time = 0; time < one.times; time += 1) {
            theirs.send(answerFrame(`_INBOX.${one.index + 1}`, one.how));
          }
          const request = open ? asked[one.index] : undefined;
          if (request && request.expected === undefined) {
            if (one.how === 'progress' && !request.throws) request.due = now + count.timeoutMs;
            else decide(request, outcomes[one.how]);
          }
        } else if (one.do === 'serve') {
          theirs.send(JSON.stringify({ subject: one.how.replaceAll(' ', '-'), reply: `_INBOX.${one.inbox}` }));
        } else if (one.do === 'cancel') {
          theirs.send(JSON.stringify({ subject: '$cancel', data: `_INBOX.${one.inbox}` }));
        } else if (one.do === 'release') {
          releases.shift()?.();
        } else if (one.do === 'wait') {
          now += one.ms;
          await vi.advanceTimersByTimeAsync(one.ms);
          for (const request of asked) if (request.due <= now) decide(request, 'TIMEOUT');
        } else if (one.do === 'junk') {
          theirs.send(one.text);
        } else {
          if (one.who === 'we') peer.close(1000, 'enough');
          else theirs.close(1001, 'gone');
        }
        await settle();
        expect(asked.map(({ came }) => came)).toEqual(asked.map(({ expected }) => expected));
        expect(peer.pending().asked).toBe(asked.filter(({ came }) => came === undefined).length);
        expect(peer.pending().served).toBeLessThanOrEqual(running);
      }

      theirs.close(1000, 'the end');
      await settle();
      for (const release of releases) release();
      await settle();
      expect(asked.map(({ came }) => came)).toEqual(asked.map(({ expected }) => expected));
      expect(asked.every(({ came }) => came !== undefined)).toBe(true);
      expect(peer.pending()).toEqual({ asked: 0, served: 0 });
      expect(running).toBe(0);
      expect(most).toBeLessThanOrEqual(maxServed);
      expect(vi.getTimerCount()).toBe(0);
      expect(asked.flatMap(({ controller }) => getEventListeners(controller.signal, 'abort'))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

const outcomes = {
  reply: 'ok',
  'unfit reply': 'INVALID_INPUT',
  error: 'NOT_FOUND',
  'unfit error': 'INTERNAL',
  progress: 'Error: listener',
  'unfit progress': 'INVALID_INPUT',
} as const;

function answerFrame(subject: string, how: string): string {
  const body = {
    reply: { data: { sum: 1 } },
    'unfit reply': { data: { sum: 'x' } },
    error: { error: { code: 'NOT_FOUND', message: 'gone' } },
    'unfit error': { error: { code: 'EVIL', message: 1 } },
    progress: { more: true, data: { at: 1 } },
    'unfit progress': { more: true, data: [] },
  }[how];
  return JSON.stringify({ subject, ...body });
}

test('two peers end clean whenever the wire between them ends', async () => {
  const step = fc.oneof(
    fc.constant('left asks'),
    fc.constant('right asks'),
    fc.constant('left gives up'),
    fc.constant('microtask'),
    fc.constant('macrotask'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, leftCloses) => {
      const [a, b] = createWirePair();
      const serve = async ({ progress, signal }: { progress(data: unknown): void; signal: AbortSignal }) => {
        for (let at = 0; at < 3 && !signal.aborted; at += 1) {
          progress({ at });
          await null;
        }
        return { sum: 3 };
      };
      const left = createPeer({ wire: a, serve });
      const right = createPeer({ wire: b, serve });
      const controllers: AbortController[] = [];
      const asked: Promise<unknown>[] = [];
      for (const one of steps) {
        if (one.endsWith('asks')) {
          const controller = new AbortController();
          controllers.push(controller);
          const request = (one === 'left asks' ? left : right).request(count, { to: 1 }, { signal: controller.signal });
          asked.push(request.catch((error: unknown) => error));
        } else if (one === 'left gives up') controllers.at(-1)?.abort();
        else if (one === 'microtask') await null;
        else await settle();
      }
      (leftCloses ? left : right).close(1000, '');
      const outcomes = await Promise.all(asked);
      for (const outcome of outcomes) {
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ZedopsError);
        else expect(outcome).toEqual({ sum: 3 });
      }
      await settle();
      expect([left.pending(), right.pending()]).toEqual([
        { asked: 0, served: 0 },
        { asked: 0, served: 0 },
      ]);
      expect(controllers.flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
