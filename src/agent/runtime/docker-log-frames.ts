import { createFrameReader } from './docker-frames.ts';
import type { LogLines } from './log-lines.ts';
import { createOpenLine, type OpenLine } from './open-line.ts';

/** Turns what the engine's `logs` endpoint sends, with timestamps, into lines. */
export interface LogFrames {
  push(chunk: Buffer): void;
  /** Gives out the last lines, if they never got their line feed. */
  end(): void;
}

interface Output {
  readonly isError: boolean;
  readonly line: OpenLine;
  /** Time of the open line. */
  time: string;
}

const feed = 0x0a;
const space = 0x20;

/**
 * Makes the reader of a container's log. Engines cut lines at 16 KiB and repeat the time before each piece; the pieces of
 * a line have one time, so a piece with another begins a new line.
 */
export function createLogFrames(lines: LogLines): LogFrames {
  const stdout: Output = { isError: false, line: createOpenLine(), time: '' };
  const stderr: Output = { isError: true, line: createOpenLine(), time: '' };

  const close = ({ isError, line, time }: Output): void => {
    const bytes = line.close();
    lines.add(time, isError, bytes, 0, bytes.length);
  };

  const push = createFrameReader((isError, bytes, start, end) => {
    const output = isError ? stderr : stdout;
    const gap = bytes.indexOf(space, start);
    if (gap === -1 || gap >= end) return;
    const time = bytes.toString('latin1', start, gap);
    if (output.line.isOpen() && output.time !== time) close(output);
    let text = gap + 1;
    while (text < end) {
      const found = bytes.indexOf(feed, text);
      const isWhole = found !== -1 && found < end;
      const textEnd = isWhole ? found : end;
      if (isWhole && !output.line.isOpen()) {
        lines.add(time, isError, bytes, text, textEnd);
      } else {
        output.time = time;
        output.line.extend(bytes.subarray(text, textEnd));
        if (isWhole) close(output);
      }
      text = textEnd + 1;
    }
  });

  return {
    push,
    end() {
      for (const output of [stdout, stderr]) if (output.line.isOpen()) close(output);
    },
  };
}
