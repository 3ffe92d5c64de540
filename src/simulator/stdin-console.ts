import { StringDecoder } from 'node:string_decoder';

/** The lines that are typed into the game's console, taken one at a time. */
export interface StdinConsole {
  /** The next line; undefined when no more will come. */
  next(): Promise<string | undefined>;
  /** Lets go of the stream. */
  close(): void;
}

const longestLine = 8 * 1024;
const linesHeld = 100;

/** Reads a stream line by line. A line that is too long is dropped; a writer that is too fast is made to wait. */
export function openStdinConsole(stdin: NodeJS.ReadableStream): StdinConsole {
  const decoder = new StringDecoder('utf8');
  const lines: string[] = [];
  let rest = '';
  let tooLong = false;
  let ended = false;
  let waiting: ((line: string | undefined) => void) | undefined;

  const give = (): void => {
    if (waiting === undefined || (lines.length === 0 && !ended)) return;
    const resolve = waiting;
    waiting = undefined;
    resolve(lines.shift());
  };
  const onData = (piece: Buffer | string): void => {
    const [first = '', ...others] = (typeof piece === 'string' ? piece : decoder.write(piece)).split('\n');
    rest += first;
    for (const next of others) {
      if (!tooLong && rest.length <= longestLine) lines.push(rest.replace(/\r$/, ''));
      tooLong = false;
      rest = next;
    }
    if (rest.length > longestLine) {
      tooLong = true;
      rest = '';
    }
    if (lines.length > linesHeld) stdin.pause();
    give();
  };
  // A console that breaks is a console that ended.
  const onEnd = (): void => {
    ended = true;
    give();
  };
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  stdin.on('error', onEnd);
  return {
    next() {
      const line = new Promise<string | undefined>((resolve) => {
        waiting = resolve;
      });
      give();
      if (lines.length <= linesHeld && !ended) stdin.resume();
      return line;
    },
    close() {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.off('error', onEnd);
      stdin.pause();
      onEnd();
    },
  };
}
