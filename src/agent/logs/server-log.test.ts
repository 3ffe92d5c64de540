import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { LogCursor, LogItem } from '../../protocol/entities/log.ts';
import { linesOf } from '../../protocol/entities/log.ts';
import type { LogChunk, LogPosition, LogRequest, Runtime } from '../runtime/runtime.ts';
import { openLogArchive } from './archive/archive.ts';
import { createSecretMask } from './mask.ts';
import { openNumbering } from './numbering.ts';
import { createServerLog, type ServerLog } from './server-log.ts';

/** An engine's log of one container: lines with times of which several may be the same, the oldest of which it may drop. */
interface EngineLog {
  write(count: number): void;
  drop(count: number): void;
  readonly logs: Runtime['logs'];
  /** Every line ever written, in order. */
  readonly written: readonly string[];
}

function createEngineLog(): EngineLog {
  const lines: { readonly time: string; readonly text: string }[] = [];
  let first = 0;
  const timeOf = (index: number): string =>
    `2026-11-21T08:00:${String(Math.floor(index / 3)).padStart(2, '0')}.000000000Z`;
  return {
    get written() {
      return lines.map(({ text }) => text);
    },
    write(count) {
      for (let n = 0; n < count; n += 1) lines.push({ time: timeOf(lines.length), text: `line ${lines.length}` });
    },
    drop(count) {
      // Lines of the same nanosecond go together: an engine drops whole files.
      first = Math.floor(Math.min(lines.length, first + count) / 3) * 3;
    },
    async logs(_id: string, { after, signal }: LogRequest, sink: (chunk: LogChunk) => undefined | Promise<void>) {
      const there = lines.slice(first);
      let start = 0;
      if (after) {
        let same = 0;
        start = there.findIndex(({ time }) => {
          if (time === after.time) same += 1;
          return time > after.time || (time === after.time && same > after.nth);
        });
        if (start === -1) start = there.length;
      }
      for (let at = start; at < there.length && !signal.aborted; ) {
        const some = there.slice(at, at + 4);
        const last = some.at(-1);
        if (!last) return;
        at += some.length;
        const nth = there.slice(0, at).filter(({ time }) => time === last.time).length;
        const text = some.map((line) => `${line.time} o ${line.text}`).join('\n');
        await sink({ count: some.length, text, position: { time: last.time, nth } });
      }
    },
  };
}

const container = 'c1';
const mask = createSecretMask([]);

describe('createServerLog', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-log-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = async (engine: EngineLog, file = 'n.json'): Promise<ServerLog> => {
    const serverLog = createServerLog({ numbering: await openNumbering(join(folder, file)), runtime: engine, mask });
    serverLog.use(container);
    return serverLog;
  };
  /** Reads what the engine has from where reading last stopped, as a following agent does. */
  const readOn = async (serverLog: ServerLog, engine: EngineLog): Promise<void> => {
    const signal = new AbortController().signal;
    const after: LogPosition | undefined = await serverLog.resumePlace(container, signal);
    await engine.logs(container, { ...(after ? { after } : {}), follow: false, signal }, (chunk) =>
      serverLog.append(container, chunk),
    );
  };
  const read = async (
    serverLog: ServerLog,
    request: { tail?: number; since?: string; after?: LogCursor; through?: number },
  ): Promise<{ items: LogItem[]; cursor: LogCursor }> => {
    const items: LogItem[] = [];
    const cursor = await serverLog.read({ ...request, follow: false, signal: new AbortController().signal }, (item) => {
      items.push(item);
      return undefined;
    });
    return { items, cursor };
  };
  const textsOf = (items: readonly LogItem[]): string[] =>
    items.flatMap((item) => (item.kind === 'lines' ? [...linesOf(item)].map(({ text }) => text) : []));

  test('gives the last lines, and goes on exactly after a cursor', async () => {
    const engine = createEngineLog();
    const serverLog = await open(engine);
    engine.write(20);
    await readOn(serverLog, engine);
    const { items, cursor } = await read(serverLog, { tail: 5 });
    expect(textsOf(items)).toEqual(engine.written.slice(15));
    engine.write(7);
    await readOn(serverLog, engine);
    expect(textsOf((await read(serverLog, { after: cursor })).items)).toEqual(engine.written.slice(20));
  });

  test('gives every line the number it had before, after the agent was killed', async () => {
    const engine = createEngineLog();
    const first = await open(engine);
    engine.write(10);
    await readOn(first, engine);
    await first.numbering.save();
    const { cursor } = await read(first, {});
    engine.write(10);
    await readOn(first, engine);
    // Killed here: the marks of the second ten were never written.
    const second = await open(engine);
    await readOn(second, engine);
    engine.write(3);
    await readOn(second, engine);
    expect(second.numbering.stream).toBe(first.numbering.stream);
    const { items } = await read(second, { after: cursor });
    expect(textsOf(items)).toEqual(engine.written.slice(10));
    expect(items[0]).toMatchObject({ kind: 'lines', first: cursor.seq + 1 });
  });

  test('says so where the engine has dropped lines before they were read', async () => {
    const engine = createEngineLog();
    const first = await open(engine);
    engine.write(10);
    await readOn(first, engine);
    await first.numbering.save();
    const { cursor } = await read(first, {});
    engine.write(10);
    engine.drop(15);
    const second = await open(engine);
    await readOn(second, engine);
    const { items } = await read(second, { after: cursor });
    expect(items[0]).toMatchObject({ kind: 'gap', reason: 'rotated' });
    expect(textsOf(items)).toEqual(engine.written.slice(15));
  });

  test('gives from the archive what the engine has dropped, and says where that has nothing either', async () => {
    const engine = createEngineLog();
    const limits = { bytes: 1e9, ageMs: 1e12 };
    const archive = await openLogArchive({
      folder: join(folder, 'archive'),
      limits,
      clock: systemClock,
      log: silentLog,
    });
    const options = { runtime: engine, mask, archive };
    const first = createServerLog({ numbering: await openNumbering(join(folder, 'n.json')), ...options });
    engine.write(30);
    await readOn(first, engine);
    await first.numbering.save();
    await archive.flush(30);
    engine.drop(30);
    engine.write(9);
    const second = createServerLog({ numbering: await openNumbering(join(folder, 'n.json')), ...options });
    await readOn(second, engine);
    // The last line was dropped, so that nobody knows whether there were more: one number stands for those.
    const whole = await read(second, {});
    expect(textsOf(whole.items)).toEqual(engine.written);
    expect(whole.items.filter(({ kind }) => kind === 'gap')).toHaveLength(1);
    expect(textsOf((await read(second, { after: { stream: second.numbering.stream, seq: 12 } })).items)).toEqual(
      engine.written.slice(12),
    );
    const since = await read(second, { since: '2026-11-21T08:00:05.000Z' });
    expect(textsOf(since.items)).toEqual(engine.written.slice(15));
  });

  test('numbers nothing that another host may have numbered meanwhile, and says that lines are not here', async () => {
    const engine = createEngineLog();
    const first = await open(engine);
    engine.write(10);
    await readOn(first, engine);
    await first.numbering.save();
    await first.numbering.lend();
    const second = await open(engine);
    const { stream } = second.numbering;
    expect(second.numbering.next()).toBe(11);
    engine.write(6);
    await readOn(second, engine);
    await second.numbering.save();
    const third = await open(engine);
    for (const serverLog of [second, third]) {
      // Someone who saw what the other host wrote, and someone who did not.
      for (const seq of [700, 10]) {
        const { items } = await read(serverLog, { after: { stream, seq } });
        expect(items[0]).toEqual({ kind: 'gap', stream, through: 1e9 + 10, reason: 'rotated' });
        expect(textsOf(items)).toEqual(engine.written.slice(10));
      }
      const whole = await read(serverLog, {});
      expect(textsOf(whole.items)).toEqual(engine.written);
      expect(whole.items.filter(({ kind }) => kind === 'gap')).toHaveLength(1);
      expect(textsOf((await read(serverLog, { tail: 9 })).items)).toEqual(engine.written.slice(7));
      expect(textsOf((await read(serverLog, { tail: 3 })).items)).toEqual(engine.written.slice(13));
    }
    engine.write(2);
    await readOn(third, engine);
    expect(third.numbering.next()).toBe(1e9 + 19);
  });

  test('tells a reader with the cursor of another numbering', async () => {
    const engine = createEngineLog();
    const serverLog = await open(engine);
    engine.write(4);
    await readOn(serverLog, engine);
    const { items } = await read(serverLog, { after: { stream: 'another', seq: 2 } });
    expect(items[0]).toMatchObject({ kind: 'gap', reason: 'restarted-numbering' });
  });

  test('a follower hears what comes, until it leaves', async () => {
    const engine = createEngineLog();
    const serverLog = await open(engine);
    const leaving = new AbortController();
    const heard: LogItem[] = [];
    let enough: () => void = () => undefined;
    const heardAll = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const following = serverLog.read({ follow: true, tail: 0, signal: leaving.signal }, (item) => {
      heard.push(item);
      if (textsOf(heard).length === 6) enough();
      return undefined;
    });
    engine.write(6);
    await readOn(serverLog, engine);
    await heardAll;
    leaving.abort();
    await following;
    expect(textsOf(heard)).toEqual(engine.written);
  });

  test('whatever happens, a reader gets each line once and in order, and a gap for each it does not get', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('drop' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({
        kind: fc.constantFrom('agent reads', 'marks saved', 'agent killed', 'viewer reads'),
        count: fc.constant(0),
      }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        run += 1;
        const file = `${run}.json`;
        const engine = createEngineLog();
        let serverLog = await open(engine, file);
        let cursor: LogCursor | undefined;
        let next = 0;
        for (const { kind, count } of steps) {
          if (kind === 'write') engine.write(count);
          if (kind === 'drop') {
            // Engines drop after tens of megabytes; by then marks were saved many times.
            await serverLog.numbering.save();
            engine.drop(count);
          }
          if (kind === 'agent reads') await readOn(serverLog, engine);
          if (kind === 'marks saved') await serverLog.numbering.save();
          if (kind === 'agent killed') {
            serverLog = await open(engine, file);
            await readOn(serverLog, engine);
          }
          if (kind !== 'viewer reads') continue;
          const seen = await read(serverLog, cursor ? { after: cursor } : {});
          cursor = seen.cursor;
          let mayHaveSkipped = next === 0;
          for (const item of seen.items) {
            if (item.kind === 'gap') mayHaveSkipped = true;
            if (item.kind !== 'lines') continue;
            for (const { text } of linesOf(item)) {
              const index = Number(text.slice('line '.length));
              if (mayHaveSkipped) expect(index).toBeGreaterThanOrEqual(next);
              else expect(index).toBe(next);
              next = index + 1;
              mayHaveSkipped = false;
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
