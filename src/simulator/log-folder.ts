import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type AppendFile, openAppendFile } from './append-file.ts';
import { type Dialect, logTime } from './dialect.ts';

/** Types of files in `Logs/` that the simulator writes. */
export type LogType = 'user' | 'chat' | 'admin' | 'cmd' | 'PerkLog' | 'DebugLog-server';

/** The folder `Logs/` of one run. */
export interface LogFolder {
  /** Writes a line to the file of its type: time, level where it has one, text, and the dot the game puts there. */
  write(type: LogType, text: string, level?: 'info' | 'warning' | 'IMPORTANT'): void;
  close(): void;
}

/** The size past which the game starts a file anew. */
const rotateBytes = 10_000 * 1024;

/** Opens the folder: what lies there from earlier runs moves to a folder of its own, as a start of the game does it. */
export function openLogFolder(path: string, dialect: Dialect, now: () => number): LogFolder {
  mkdirSync(path, { recursive: true });
  const startedAt = now();
  const archive = join(path, dialect.logArchive(startedAt));
  for (const name of readdirSync(path)) {
    if (!name.endsWith('.txt')) continue;
    mkdirSync(archive, { recursive: true });
    renameSync(join(path, name), join(archive, name));
  }
  const files = new Map<LogType, AppendFile>();
  let closed = false;
  const open = (type: LogType): AppendFile => {
    const file = openAppendFile(join(path, dialect.logFile(type, startedAt, now())), {
      maxBytes: rotateBytes,
      whenFull: dialect.fullLog === 'truncate' ? 'truncate' : 'stop',
    });
    files.set(type, file);
    return file;
  };
  return {
    write(type, text, level) {
      if (closed) return;
      const mark = level === undefined ? '' : `[${level}]`;
      const line = `[${logTime(now())}]${mark} ${text}.\n`;
      const file = files.get(type) ?? open(type);
      if (file.write(line)) return;
      file.close();
      open(type).write(line);
    },
    close() {
      for (const file of files.values()) file.close();
      closed = true;
    },
  };
}
