import { join } from 'node:path';
import type { ConsoleLevel } from '../zomboid/console/console-line.ts';
import { openAppendFile } from './append-file.ts';
import type { Dialect } from './dialect.ts';
import type { LogFolder } from './log-folder.ts';

/** Where the simulated game prints: its output, `server-console.txt`, and `DebugLog-server` among its logs. */
export interface GameConsole {
  /** Prints a line with the header of the build. */
  log(category: string, message: string, level?: ConsoleLevel, caller?: string): void;
  /** Prints a line without a header. */
  plain(line: string): void;
  /** A header as a line printed now would have it; for those who print many lines at once. */
  header(category: string): string;
  /** Prints whole lines at once. They are not kept in `DebugLog-server`, which a flood would fill. @returns false: wait. */
  bulk(lines: string): boolean;
  /** Calls back once, when the reader of the output is ready for more, unless taken back before. */
  onDrain(resume: () => void): () => void;
  /** From now on lines say how long the game has run. */
  networkIsUp(): void;
  close(): void;
}

/** What a {@link GameConsole} is made of. */
export interface GameConsoleOptions {
  readonly dialect: Dialect;
  readonly now: () => number;
  readonly stdout: NodeJS.WritableStream;
  readonly dataFolder: string;
  readonly logs: LogFolder;
  /** Called when nobody can read the output any more. */
  readonly onBroken: () => void;
}

const consoleFileBytes = 20_480 * 1024;
const frameMs = 100;

/** Opens the console of one run. */
export function openGameConsole({ dialect, now, stdout, dataFolder, logs, onBroken }: GameConsoleOptions): GameConsole {
  const startedAt = now();
  const file = openAppendFile(join(dataFolder, 'server-console.txt'), {
    maxBytes: consoleFileBytes,
    whenFull: 'stop',
    fresh: true,
  });
  let up = false;
  let frame = 0;
  let broken = false;
  const onError = (): void => {
    broken = true;
    onBroken();
  };
  stdout.on('error', onError);

  const headerOf = (category: string, level: ConsoleLevel, caller: string | undefined): string => {
    const time = now();
    const uptimeMs = up ? time - startedAt : undefined;
    if (up) frame = Math.floor((time - startedAt) / frameMs);
    return dialect.header({ level, category, now: time, uptimeMs, frame, caller });
  };
  const write = (line: string): void => {
    if (!broken) stdout.write(`${line}\n`);
    file.write(`${line}\n`);
    logs.write('DebugLog-server', line);
  };
  return {
    log: (category, message, level = 'LOG', caller) => write(headerOf(category, level, caller) + message),
    plain: write,
    header: (category) => headerOf(category, 'LOG', undefined),
    bulk(lines) {
      file.write(lines);
      return broken || stdout.write(lines);
    },
    onDrain(resume) {
      stdout.once('drain', resume);
      return () => void stdout.off('drain', resume);
    },
    networkIsUp() {
      up = true;
    },
    close() {
      // An error of the last writes may still come; there is nobody left to tell.
      if (!broken) stdout.once('error', () => undefined);
      stdout.off('error', onError);
      file.close();
    },
  };
}
