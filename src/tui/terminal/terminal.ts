import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { createKeyReader, type Key } from './key-reader.ts';

/** A keyboard that can be read key by key. */
export type TerminalInput = Readable & { setRawMode(isRaw: boolean): unknown };

/** A screen with a size. */
export type TerminalOutput = Writable & { readonly columns: number; readonly rows: number };

/** Where signals come from, and what is done to oneself; the process, unless a test says otherwise. */
export type SignalSource = Pick<NodeJS.EventEmitter, 'on' | 'off'> & { suspend(): void };

/** What {@link openTerminal} is given. */
export interface TerminalOptions {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  readonly signals: SignalSource;
  readonly clock: Clock;
  /** True where the wheel and clicks are to be heard; the terminal's own selection then needs Shift. */
  readonly hasMouse?: boolean;
}

/** The terminal while it is ours: an alternate screen without a cursor, and keys one by one. */
export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /** Sends bytes; `done` is called when they have left this process. */
  write(bytes: string, done: () => void): void;
  /** True once the terminal has said that it draws what stands between `?2026h` and `?2026l` at once. */
  canSynchronize(): boolean;
  onKey(listener: (key: Key) => void): void;
  /** Called when nothing is known any more of what is on the screen: after a resize, and after a suspension. */
  onRedraw(listener: () => void): void;
  /** Called with the signal that asks the program to end. */
  onEnd(listener: (signal: string) => void): void;
  /** Gives the terminal back, stops the process as Ctrl-Z does, and takes it again when it goes on. */
  suspend(): void;
  /** Gives the terminal back as it was. Safe to call twice. */
  close(): void;
}

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h';
/** Also ends what a frame cut short may have left: a scroll region, colours, a synchronised update. */
const leave = '\u001b[?2026l\u001b[r\u001b[0m\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';
const mouseOn = '\u001b[?1000h\u001b[?1006h';
const mouseOff = '\u001b[?1006l\u001b[?1000l';
const askForSynchronization = '\u001b[?2026$p';
const ending = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Takes a terminal over until `close`; whatever way the process ends, the person gets it back as it was. */
export function openTerminal({ input, output, signals, clock, hasMouse = false }: TerminalOptions): Terminal {
  let isOurs = false;
  let isEnding = false;
  let hasSynchronization = false;
  let tellKey: (key: Key) => void = () => undefined;
  let redraw: () => void = () => undefined;
  let end: (signal: string) => void = () => undefined;

  const keys = createKeyReader({
    clock,
    hasMouse,
    onKey: (key) => tellKey(key),
    onReply(reply) {
      // 1: set, 2: reset, 3: always set. 0 and 4: the terminal cannot.
      if (/^\?2026;[123]\$y$/.test(reply)) hasSynchronization = true;
    },
  });
  const onData = (bytes: Uint8Array): void => keys.take(bytes);
  const take = (): void => {
    if (isOurs || isEnding) return;
    isOurs = true;
    input.setRawMode(true);
    output.write(enter + (hasMouse ? mouseOn : '') + askForSynchronization);
  };
  const giveBack = (): void => {
    if (!isOurs) return;
    isOurs = false;
    output.write((hasMouse ? mouseOff : '') + leave);
    input.setRawMode(false);
  };
  const onStop = (): void => {
    giveBack();
    signals.suspend();
  };
  const onContinue = (): void => {
    take();
    redraw();
  };
  const onResize = (): void => redraw();
  const onSignal = (signal: string): void => {
    // A shell's `kill` continues what is stopped, and does not give it the terminal: to take it would stop it again.
    isEnding = true;
    end(signal);
  };

  take();
  input.on('data', onData);
  // Whoever had it before has left it paused.
  input.resume();
  output.on('resize', onResize);
  signals.on('SIGTSTP', onStop);
  signals.on('SIGCONT', onContinue);
  for (const name of ending) signals.on(name, onSignal);
  // Runs before Node prints what broke the program, so that it is readable on the person's own screen.
  signals.on('uncaughtExceptionMonitor', giveBack);
  signals.on('exit', giveBack);

  return {
    size: () => ({ columns: output.columns, rows: output.rows }),
    write(bytes, done) {
      if (isOurs) output.write(bytes, () => done());
      else done();
    },
    canSynchronize: () => hasSynchronization,
    onKey(listener) {
      tellKey = listener;
    },
    onRedraw(listener) {
      redraw = listener;
    },
    onEnd(listener) {
      end = listener;
    },
    suspend: onStop,
    close() {
      giveBack();
      isEnding = true;
      keys.end();
      input.off('data', onData);
      input.pause();
      output.off('resize', onResize);
      signals.off('SIGTSTP', onStop);
      signals.off('SIGCONT', onContinue);
      for (const name of ending) signals.off(name, onSignal);
      signals.off('uncaughtExceptionMonitor', giveBack);
      signals.off('exit', giveBack);
    },
  };
}
