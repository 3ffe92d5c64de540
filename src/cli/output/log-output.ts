import type { Writable } from 'node:stream';
import { flushed } from '../io.ts';

/** Where the lines of one log go, one batch after another. */
export interface LogOutput {
  /** Takes one written line; `time` is RFC 3339. */
  put(time: string, text: string): void;
  /** Ends a batch. */
  end(): void;
  /** Says that nothing of the past is waited for any more: what comes is new, or does not come for now. */
  settle(): void;
  /** Bytes, or characters, that have not left yet. */
  backlog(): number;
  drained(): Promise<void>;
}

/** The output of a log that is shown alone: one write for each batch. */
export function plainOutput(stdout: Writable): LogOutput {
  let text = '';
  return {
    put: (_, line) => {
      text += line;
    },
    end() {
      if (text !== '') stdout.write(text);
      text = '';
    },
    settle: () => undefined,
    backlog: () => stdout.writableLength,
    drained: () => flushed(stdout),
  };
}
