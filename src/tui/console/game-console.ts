import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { mayPass } from '../../client/follow/outage.ts';
import { sendGameLine } from '../../client/game-line.ts';
import { createReturnWatch } from '../../client/return-watch.ts';
import type { Clock } from '../../platform/clock.ts';
import { createLineEditor, type LineEditor } from '../../platform/line-editor/line-editor.ts';
import type { LateHistory } from '../../platform/terminal/line-history.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverItems } from '../../protocol/operations/item.ts';
import type { AnswerValues } from '../../zomboid/commands/answer-values.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import type { Completion } from '../../zomboid/commands/complete-command.ts';
import { createCompletion } from '../../zomboid/commands/completion-source.ts';
import { judgeAnswer } from '../../zomboid/commands/judge-answer.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { noOutput, type Output, withRows, withText } from './output.ts';

/** How a console stands. A new value for each change. */
export interface ConsoleState {
  readonly output: Output;
  readonly isWaiting: boolean;
  /** The game or the manager could not be reached, and is looked for. */
  readonly isAway: boolean;
  readonly build: Build | undefined;
}

/** The console of one server: what was typed and answered stays while one looks elsewhere. */
export interface GameConsole {
  state(): ConsoleState;
  onChange(listener: () => void): () => void;
  /** The line being typed; another one after each line that was sent. */
  editor(): LineEditor;
  /** Ends the line being typed: it goes to the history, unless it has a secret, and the next one begins. */
  takeLine(line: string): void;
  /** Sends a line and shows what comes of it. One at a time. */
  send(line: string): Promise<void>;
  /** Gives up on the answer; the game may still do it. */
  stopWaiting(): void;
  /** Shows a remark of ZedOps. */
  remark(tone: 'dim' | 'warn' | 'bad', text: string): void;
  complete(text: string, cursor: number): Promise<Completion>;
  close(): void;
}

/** What {@link createGameConsole} needs. */
export interface GameConsoleDeps {
  readonly client: Pick<ManagerClient, 'call'>;
  readonly clock: Clock;
  readonly server: { readonly id: string; readonly name: string };
  readonly history: LateHistory;
}

/** Makes the console of a server. Nothing is asked before someone types. */
export function createGameConsole({ client, clock, server, history }: GameConsoleDeps): GameConsole {
  const ending = new AbortController();
  const listeners = new Set<() => void>();
  let state: ConsoleState = { output: noOutput, isWaiting: false, isAway: false, build: undefined };
  let commands: readonly string[] | undefined;
  let waiting: AbortController | undefined;
  let editor = createLineEditor(history.lines);

  const change = (next: Partial<ConsoleState>): void => {
    state = { ...state, ...next };
    for (const listener of [...listeners]) listener();
  };
  const show = (output: Output): void => change({ output });
  const back = (): void => {
    show(withText(state.output, 'dim', `── ${server.name} is back ──`));
    change({ isAway: false });
  };
  const watch = createReturnWatch(client, server.id, clock, back);

  const ask = async (line: string, signal: AbortSignal) => {
    const sending = { server: server.id, name: server.name, line };
    const answer = await sendGameLine(client, sending, AbortSignal.any([ending.signal, signal]));
    if (watch.isAway) {
      watch.heard();
      back();
    }
    if (answer.build !== undefined && answer.build !== state.build) change({ build: answer.build });
    return answer;
  };
  const valuesOf = async (line: string): Promise<AnswerValues | undefined> => {
    try {
      const { text, build, failure } = await ask(line, ending.signal);
      const judged = failure ? undefined : judgeAnswer(build, line, text);
      return judged?.ok ? judged.values : undefined;
    } catch (error) {
      // What cannot be asked now is not offered; the next line that is sent says why.
      if (error instanceof ZedopsError) return undefined;
      throw error;
    }
  };
  const completion = createCompletion({
    now: () => clock.now(),
    build: () => state.build,
    commands: () => commands ?? [],
    ask: valuesOf,
    items: () =>
      client.call(serverItems, { server: server.id }, ending.signal).then(
        ({ items }) => items,
        (error: unknown) => {
          if (!(error instanceof ZedopsError)) throw error;
          return undefined;
        },
      ),
  });
  const fail = (error: unknown): void => {
    if (ending.signal.aborted) return;
    if (waiting?.signal.aborted) {
      show(withText(state.output, 'warn', 'You no longer wait for the answer; the game may still do it'));
      return;
    }
    const why = error instanceof Error ? error.message : String(error);
    const hint = error instanceof ZedopsError && error.hint !== undefined ? [error.hint] : [];
    show(
      withRows(state.output, [
        { tone: 'bad', text: `error: ${why}` },
        ...hint.map((text) => ({ tone: 'dim', text: `hint: ${text}` }) as const),
      ]),
    );
    if (!mayPass(error) || watch.isAway) return;
    watch.begin();
    show(withText(state.output, 'dim', `── ${server.name} cannot be reached; looking for it ──`));
    change({ isAway: true });
  };

  history.loaded.then(() => {
    // An editor knows the history it was made with.
    if (editor.line.text === '' && !ending.signal.aborted) editor = createLineEditor(history.lines);
    change({});
  });

  return {
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    editor: () => editor,
    takeLine(line) {
      history.add(line).catch(fail);
      editor = createLineEditor(redactCommand(line) === line ? [...history.lines, line] : history.lines);
    },
    async send(line) {
      if (state.isWaiting) return;
      waiting = new AbortController();
      change({ output: withText(state.output, 'accent', `${server.name}> ${redactCommand(line)}`), isWaiting: true });
      try {
        const { text, failure } = await ask(line, waiting.signal);
        if (!failure || text.trim().includes('\n')) {
          show(withText(state.output, failure ? 'bad' : 'plain', text === '' ? '(no answer)' : text));
        }
        if (failure) throw failure;
      } catch (error) {
        fail(error);
      } finally {
        waiting = undefined;
        change({ isWaiting: false });
      }
    },
    stopWaiting: () => waiting?.abort(),
    remark: (tone, text) => show(withText(state.output, tone, text)),
    async complete(text, cursor) {
      if (commands === undefined) {
        const values = await valuesOf('help');
        if (values && 'commands' in values) commands = values.commands.map(({ name }) => name);
      }
      return completion(text, cursor);
    },
    close() {
      ending.abort();
      watch.close();
    },
  };
}
