import { emitKeypressEvents } from 'node:readline';
import { createLineEditor, type Key, type LineEditor } from '../../platform/line-editor/line-editor.ts';
import { candidateRows, rowOf, sharedStart } from '../../platform/line-editor/line-view.ts';
import type { Io } from '../io.ts';

/** What could stand at the cursor; see the catalogue's completion. */
export type Complete = (text: string, cursor: number) => Promise<{ from: number; candidates: readonly string[] }>;

/** How one line is asked for. */
export interface LineQuestion {
  readonly prompt: () => string;
  readonly history?: readonly string[];
  readonly complete?: Complete;
}

/** Reads lines from a keyboard in raw mode, key by key. */
export interface TerminalLine {
  /** Resolves with a line, or undefined when whoever types leaves. Ctrl-C only clears. One at a time. */
  read(question: LineQuestion): Promise<string | undefined>;
  /** Prints above the line being typed. `text` must be safe for a terminal. */
  print(text: string): void;
  /** Draws the line anew, such as for another prompt. */
  redraw(): void;
  close(): void;
}

/** So many keys typed ahead are kept. */
const mostKeysAhead = 4096;

/**
 * Takes the keyboard until closed. `onInterrupt` hears Ctrl-C while nothing is read.
 * Draws on one row only, so that a change of the window's size never leaves remains.
 */
export function createTerminalLine(io: Io, onInterrupt: () => void): TerminalLine {
  const { stdin, stdout } = io;
  const ahead: Key[] = [];
  let reading: { question: LineQuestion; editor: LineEditor; end: (line: string | undefined) => void } | undefined;
  let isCompleting = false;

  const columns = (): number => {
    const now: unknown = Reflect.get(stdout, 'columns');
    return typeof now === 'number' && now > 0 ? now : io.columns;
  };
  const draw = (): void => {
    if (!reading) return;
    const { search, line } = reading.editor;
    const prompt = search
      ? `(${search.isFound ? 'search' : 'not found'}) ${search.wanted}: `
      : reading.question.prompt();
    const row = rowOf(prompt, line, columns());
    stdout.write(`\r\u001b[K${row.text}\r${row.column > 0 ? `\u001b[${row.column}C` : ''}`);
  };
  const print = (text: string): void => {
    const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    stdout.write(reading ? `\r\u001b[K${whole}` : whole);
    draw();
  };
  const end = (line: string | undefined): void => {
    const ended = reading;
    if (!ended) return;
    reading = undefined;
    stdout.write('\n');
    ended.end(line);
  };
  const complete = async (): Promise<void> => {
    const { question, editor } = reading ?? {};
    if (!question?.complete || !editor) return;
    const { text, cursor } = editor.line;
    isCompleting = true;
    try {
      const { from, candidates } = await question.complete(text, cursor);
      if (reading?.editor !== editor) return;
      const [first, second] = candidates;
      if (first === undefined) return;
      const shared = second === undefined ? `${first} ` : sharedStart(candidates);
      if (shared.length > cursor - from) editor.replace(from, shared);
      else if (second !== undefined) print(candidateRows(candidates, columns()));
    } finally {
      isCompleting = false;
      draw();
      typeAhead();
    }
  };
  const press = (key: Key): void => {
    if (!reading || isCompleting) {
      if (key.ctrl && key.name === 'c') {
        ahead.length = 0;
        onInterrupt();
      } else if (ahead.length < mostKeysAhead) ahead.push(key);
      return;
    }
    const pressed = reading.editor.press(key);
    switch (pressed.kind) {
      case 'line':
        draw();
        end(pressed.line);
        return;
      case 'leave':
        end(undefined);
        return;
      case 'complete':
        void complete();
        return;
      case 'cleared':
        stdout.write('^C\n');
        break;
      case 'redraw':
        stdout.write('\u001b[H\u001b[2J');
        break;
      case 'edited':
        break;
    }
    draw();
  };
  const typeAhead = (): void => {
    while (reading && !isCompleting) {
      const key = ahead.shift();
      if (!key) return;
      press(key);
    }
  };
  const onKey = (_: unknown, key: Key): void => press(key);
  const onEnd = (): void => end(undefined);

  io.setEcho(false);
  emitKeypressEvents(stdin);
  stdin.on('keypress', onKey);
  stdin.on('end', onEnd);
  stdout.on('resize', draw);
  stdin.resume();

  return {
    read(question) {
      return new Promise((resolve) => {
        reading = { question, editor: createLineEditor(question.history), end: resolve };
        if (stdin.readableEnded) end(undefined);
        draw();
        typeAhead();
      });
    },
    print,
    redraw: draw,
    close() {
      end(undefined);
      stdin.off('keypress', onKey);
      stdin.off('end', onEnd);
      stdout.off('resize', draw);
      stdin.pause();
      io.setEcho(true);
    },
  };
}
