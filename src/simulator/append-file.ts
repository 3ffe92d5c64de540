import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** A text file that only grows. Writes are done when the call returns, so that a crash loses nothing. */
export interface AppendFile {
  /** @returns false when the file is full, or closed, and the text was not written. */
  write(text: string): boolean;
  close(): void;
}

/** What a file does at its limit: stop taking text, or begin again from nothing. */
export type WhenFull = 'stop' | 'truncate';

/** Opens a file at its end, or `fresh` from nothing. It never grows past `maxBytes`. */
export function openAppendFile(
  path: string,
  { maxBytes, whenFull, fresh = false }: { maxBytes: number; whenFull: WhenFull; fresh?: boolean },
): AppendFile {
  const file = openSync(path, fresh ? 'w' : 'a', 0o644);
  let bytes = fresh ? 0 : fstatSync(file).size;
  let open = true;
  return {
    write(text) {
      if (!open) return false;
      const size = Buffer.byteLength(text);
      if (bytes + size > maxBytes) {
        if (whenFull === 'stop') return false;
        ftruncateSync(file, 0);
        bytes = 0;
      }
      writeSync(file, text);
      bytes += size;
      return true;
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}
