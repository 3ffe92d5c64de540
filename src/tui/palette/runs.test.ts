import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CommandLines, LineRun } from '../../client/command-lines.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createRuns } from './runs.ts';

interface Begun {
  readonly words: readonly string[];
  readonly run: LineRun;
  end(exitCode: number): void;
  fail(error: Error): void;
}

function openRuns() {
  const begun: Begun[] = [];
  const notices: { readonly tone: string; readonly text: string; readonly hint?: string | undefined }[] = [];
  const closing = new AbortController();
  const commandLines: CommandLines = {
    resolve: async () => ({ kind: 'run', words: [] }),
    complete: async () => ({ from: 0, candidates: [] }),
    run(words, run) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      begun.push({ words, run, end: resolve, fail: reject });
      return promise;
    },
  };
  const runs = createRuns({ commandLines, signal: closing.signal, notify: (notice) => notices.push(notice) });
  const begin = (line: string) => {
    const run = runs.begin(line, line.split(' '), 80);
    const inner = begun.at(-1);
    if (!inner) throw new Error('nothing was begun');
    return { run, inner };
  };
  const rows = (run: ReturnType<typeof runs.begin>) => run.state().output.rows.map(({ tone, text }) => [tone, text]);
  return { runs, begin, notices, closing, rows };
}

describe('a command line that was run', () => {
  test('gathers what it prints by rows, and tells remarks by their first word', async () => {
    const { begin, rows } = openRuns();
    const { run, inner } = begin('server list');
    inner.run.write('stdout', 'NAME  ST');
    inner.run.write('stderr', 'error: no\nhint: try\nwarning: a\nbox-1 waits\n');
    inner.run.write('stdout', 'ATE\r\nalpha');
    inner.end(1);
    await turn();
    expect(rows(run)).toEqual([
      ['bad', 'error: no'],
      ['accent', 'hint: try'],
      ['warn', 'warning: a'],
      ['dim', 'box-1 waits'],
      ['plain', 'NAME  STATE'],
      ['plain', 'alpha'],
    ]);
    expect(run.state().exitCode).toBe(1);
    expect([inner.words, inner.run.columns]).toEqual([['server', 'list'], 80]);
  });

  test('keeps no more than a bounded part of a row that never ends', async () => {
    const { begin, rows } = openRuns();
    const { run, inner } = begin('logs alpha');
    for (let count = 0; count < 40; count += 1) inner.run.write('stdout', 'x'.repeat(10_000));
    inner.end(0);
    await turn();
    expect(rows(run)[0]?.[1]?.length).toBeLessThanOrEqual(64 * 1024);
  });

  test('tells its end where nobody looks, with the last that it said', async () => {
    const { begin, notices } = openRuns();
    const { inner } = begin('stop alpha');
    inner.run.write('stdout', 'alpha stopped\n\n');
    inner.end(0);
    const { run, inner: watched } = begin('stop bravo');
    run.onChange(() => undefined);
    watched.end(5);
    await turn();
    expect(notices).toEqual([{ tone: 'good', text: 'stop alpha: done: alpha stopped' }]);
  });

  test('asks, and is answered, without a password in what is shown', async () => {
    const { begin, notices, rows } = openRuns();
    const { run, inner } = begin('login');
    const name = inner.run.ask('e-mail: ', true);
    expect(notices).toMatchObject([{ tone: 'warn', text: 'login asks: e-mail: ' }]);
    run.state().question?.answer('ann@example.org');
    expect(await name).toBe('ann@example.org');
    const password = inner.run.ask('password: ', false);
    run.state().question?.answer('correct horse battery');
    expect(await password).toBe('correct horse battery');
    expect(run.state().question).toBeUndefined();
    expect(rows(run)).toEqual([
      ['dim', 'e-mail: ann@example.org'],
      ['dim', 'password: '],
    ]);
  });

  test('is interrupted: its question is left, and its signal aborts; nothing else is', async () => {
    const { begin } = openRuns();
    const { run, inner } = begin('user remove bob');
    const { inner: other } = begin('stop alpha');
    const asked = inner.run.ask('sure? ', true);
    run.interrupt();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([inner.run.signal.aborted, other.run.signal.aborted]).toEqual([true, false]);
  });

  test('ends with the screens, without a word', async () => {
    const { begin, closing, notices } = openRuns();
    const { inner } = begin('logs alpha --follow');
    closing.abort();
    expect(inner.run.signal.aborted).toBe(true);
    inner.end(130);
    await turn();
    expect(notices).toEqual([]);
  });

  test('that breaks says why', async () => {
    const { begin, rows } = openRuns();
    const { run, inner } = begin('ps');
    inner.fail(new ZedopsError('UNREACHABLE', 'the manager is away'));
    await turn();
    expect([rows(run), run.state().exitCode]).toEqual([[['bad', 'error: the manager is away']], 1]);
  });
});

test('the newest runs are kept, and all that go on', async () => {
  const { runs, begin } = openRuns();
  begin('goes on');
  for (let count = 0; count < 30; count += 1) {
    begin(`number ${count}`).inner.end(0);
    await turn();
  }
  const lines = runs.list().map(({ line }) => line);
  expect(lines.slice(0, 2)).toEqual(['number 29', 'number 28']);
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('goes on');
});
