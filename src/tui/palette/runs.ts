import type { CommandLines } from '../../client/command-lines.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { noOutput, type Output, withRows } from '../console/output.ts';
import type { Notice } from '../store/state.ts';
import type { Tone } from '../theme.ts';

/** A question a command waits with. */
export interface Question {
  readonly text: string;
  /** False for a password. */
  readonly isShown: boolean;
  answer(text: string): void;
  leave(): void;
}

/** How a run stands. A new value for each change. */
export interface RunState {
  readonly output: Output;
  /** Undefined while it goes on. */
  readonly exitCode: number | undefined;
  readonly question: Question | undefined;
}

/** One command line that was run. */
export interface Run {
  readonly line: string;
  state(): RunState;
  /** While someone listens, it is on the screen, and its end needs no notice. */
  onChange(listener: () => void): () => void;
  /** Ends the waiting, as Ctrl-C does in a shell; what has begun on a host goes on. */
  interrupt(): void;
}

/** Everything that was run. */
export interface Runs {
  begin(line: string, words: readonly string[], columns: number): Run;
  /** Newest first. */
  list(): readonly Run[];
}

/** What {@link createRuns} needs. */
export interface RunsDeps {
  readonly commandLines: CommandLines | undefined;
  readonly signal: AbortSignal;
  readonly notify: (notice: Pick<Notice, 'tone' | 'text'> & { readonly hint?: string | undefined }) => void;
}

/** So many runs are kept; one that goes on is never forgotten. */
const mostRuns = 20;

/** Makes the runs of the screens' command line. They go on while one looks elsewhere. */
export function createRuns({ commandLines, signal, notify }: RunsDeps): Runs {
  let runs: readonly Run[] = [];
  return {
    list: () => runs,
    begin(line, words, columns) {
      const run = startRun({ line, words, columns, commandLines, signal, notify });
      const over = [run, ...runs].filter((one, at) => at < mostRuns || one.state().exitCode === undefined);
      runs = over;
      return run;
    },
  };
}

interface StartOptions extends RunsDeps {
  readonly line: string;
  readonly words: readonly string[];
  readonly columns: number;
}

function startRun({ line, words, columns, commandLines, signal, notify }: StartOptions): Run {
  const ending = new AbortController();
  const listeners = new Set<() => void>();
  const rest: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  let state: RunState = { output: noOutput, exitCode: undefined, question: undefined };
  const change = (next: Partial<RunState>): void => {
    state = { ...state, ...next };
    for (const listener of [...listeners]) listener();
  };
  const say = (texts: readonly string[], stream: 'stdout' | 'stderr'): void =>
    change({
      output: withRows(
        state.output,
        texts.map((text) => ({ tone: stream === 'stdout' ? 'plain' : toneOfRemark(text), text })),
      ),
    });
  const write = (stream: 'stdout' | 'stderr', text: string): void => {
    const lines = (rest[stream] + text).split(/\r?\n/);
    rest[stream] = (lines.pop() ?? '').slice(-longestRest);
    if (lines.length > 0) say(lines, stream);
  };
  const ask = (text: string, isShown: boolean): Promise<string> => {
    const asked = Promise.withResolvers<string>();
    const done = (): void => change({ question: undefined });
    change({
      question: {
        text,
        isShown,
        answer(answer) {
          say([`${text}${isShown ? answer : ''}`], 'stderr');
          done();
          asked.resolve(answer);
        },
        leave() {
          done();
          asked.reject(new ZedopsError('CANCELLED', 'Nothing was done'));
        },
      },
    });
    if (listeners.size === 0) notify({ tone: 'warn', text: `${line} asks: ${text}`, hint: ': and Enter opens it' });
    return asked.promise;
  };
  const end = (exitCode: number): void => {
    for (const stream of ['stdout', 'stderr'] as const) if (rest[stream] !== '') say([rest[stream]], stream);
    change({ exitCode, question: undefined });
    if (listeners.size > 0 || signal.aborted) return;
    const last = state.output.rows.findLast(({ text }) => text.trim() !== '')?.text ?? '';
    const outcome = exitCode === 0 ? 'done' : `exit code ${exitCode}`;
    notify({ tone: exitCode === 0 ? 'good' : 'bad', text: `${line}: ${outcome}${last === '' ? '' : `: ${last}`}` });
  };
  ending.signal.addEventListener('abort', () => state.question?.leave(), { once: true });
  const together = AbortSignal.any([signal, ending.signal]);
  const running = commandLines?.run(words, { signal: together, columns, write, ask }) ?? Promise.resolve(1);
  running.then(end, (error: unknown) => {
    say([`error: ${error instanceof Error ? error.message : String(error)}`], 'stderr');
    end(1);
  });
  return {
    line,
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    interrupt: () => ending.abort(),
  };
}

/** A row without its end yet is kept up to this size. */
const longestRest = 64 * 1024;

function toneOfRemark(text: string): Tone {
  if (text.startsWith('error: ')) return 'bad';
  if (text.startsWith('warning: ')) return 'warn';
  return text.startsWith('hint: ') ? 'accent' : 'dim';
}
