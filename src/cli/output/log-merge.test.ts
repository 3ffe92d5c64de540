import { Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { createLogMerge, type LogMerge } from './log-merge.ts';

let clock: FakeClock;
let shown: string;
let merge: LogMerge;
beforeEach(() => {
  clock = createFakeClock(0);
  shown = '';
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      shown += chunk.toString();
      done();
    },
  });
  merge = createLogMerge({ stdout, clock, windowMs: 250 });
});

function put(source: ReturnType<LogMerge['source']>, ...times: string[]): void {
  for (const time of times) source.put(time, `${time} `);
  source.end();
}

describe('a merge of logs', () => {
  test('has the past in exact order, however late one of them comes', () => {
    const [one, two] = [merge.source(), merge.source()];
    put(one, '1', '3', '5');
    clock.advance(60_000);
    expect(shown).toBe('');
    put(two, '2', '4');
    expect(shown).toBe('1 2 3 4 ');
    two.over();
    expect(shown).toBe('1 2 3 4 5 ');
  });

  test('holds what is new for a moment, and not for a server that says nothing', () => {
    const [one, two] = [merge.source(), merge.source()];
    one.settle();
    two.settle();
    put(one, '2');
    expect(shown).toBe('');
    clock.advance(100);
    put(two, '1');
    expect(shown).toBe('1 ');
    clock.advance(250);
    expect(shown).toBe('1 2 ');
  });

  test('says how much it holds, and when it has gone', async () => {
    const [one, two] = [merge.source(), merge.source()];
    put(one, '1', '2');
    expect(one.backlog()).toBe(4);
    let isDrained = false;
    const drained = one.drained().then(() => {
      isDrained = true;
    });
    expect(isDrained).toBe(false);
    two.over();
    await drained;
    expect(one.backlog()).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});
