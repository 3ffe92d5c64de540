import type { Readable, Writable } from 'node:stream';

/** What the command line hears and says: the process's own streams, or a test's. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether a person is at the keyboard. */
  readonly inIsTty: boolean;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly columns: number;
  /** Switches the keyboard's echo, so that a password does not show. */
  setEcho(isOn: boolean): void;
  /** Puts a question to a person who sits at no terminal of this run; `isShown` is false for a password. */
  readonly ask?: (question: string, isShown: boolean) => Promise<string>;
}

/** The streams of this process. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  return {
    env,
    stdin,
    stdout,
    stderr,
    inIsTty: stdin.isTTY === true,
    outIsTty: stdout.isTTY === true,
    errIsTty: stderr.isTTY === true,
    columns: stdout.columns ?? 80,
    setEcho: (isOn) => {
      if (stdin.isTTY) stdin.setRawMode(!isOn);
    },
  };
}

/** Resolves when everything written to a stream has left this process, or the stream is gone. */
export function flushed(stream: Writable): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', check);
      stream.off('close', done);
      stream.off('error', done);
      resolve();
    };
    const check = (): void => {
      if (stream.writableLength === 0) done();
    };
    stream.on('drain', check);
    stream.on('close', done);
    stream.on('error', done);
    // A stream below its high-water mark says no "drain"; an empty write is called back after what stands before it.
    stream.write('', check);
  });
}
