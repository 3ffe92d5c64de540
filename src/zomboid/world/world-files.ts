/** A file of a server that the game needs, as a path below its data folder. */
export interface WorldFile {
  readonly path: string;
  readonly kind: 'text' | 'sqlite' | 'world-version';
  /** What its absence means. `fail`: the world, or the way into it, is gone. `warn`: the game makes it anew. */
  readonly missing: 'fail' | 'warn';
}

/** Name of a world's save folder: the game writes a space of its name as an underscore. */
export function saveFolders(worldName: string): readonly string[] {
  return [...new Set([worldName, worldName.replaceAll(' ', '_')])].map((name) => `Saves/Multiplayer/${name}`);
}

/** The files of a world whose saves lie in `save`, such as `Saves/Multiplayer/alpha`. */
export function worldFiles(worldName: string, save: string): readonly WorldFile[] {
  return [
    { path: `${save}/map_t.bin`, kind: 'world-version', missing: 'fail' },
    { path: `${save}/players.db`, kind: 'sqlite', missing: 'fail' },
    { path: `${save}/vehicles.db`, kind: 'sqlite', missing: 'fail' },
    { path: `Server/${worldName}.ini`, kind: 'text', missing: 'fail' },
    { path: `Server/${worldName}_SandboxVars.lua`, kind: 'text', missing: 'warn' },
    { path: `db/${worldName}.db`, kind: 'sqlite', missing: 'fail' },
  ];
}

/**
 * Says whether a path below a save folder is a piece of the map: `map_X_Y.bin` beside the rest in build 41,
 * `map/X/Y.bin` in build 42.
 */
export function isMapChunk(path: string): boolean {
  return /^(?:map_-?\d+_-?\d+\.bin|map\/-?\d+\/-?\d+\.bin)$/.test(path);
}

/** What the first bytes of a file came to: what is known of it, or what is wrong. */
export type HeadReading = { readonly about: string } | { readonly fault: string };

/** How many bytes of a file the readers here look at. */
export const headBytes = 100;

const sqliteMagic = 'SQLite format 3\0';

/**
 * Reads the header of an SQLite database whose file has `size` bytes.
 * Format: "Database File Format" of SQLite, section 1.3, the first 100 bytes.
 */
export function readSqliteHead(head: Uint8Array, size: number): HeadReading {
  if (size === 0) return { fault: 'is empty: the game stops at its first question to it' };
  if (head.length < headBytes) return { fault: `has ${size} bytes, and its header alone has ${headBytes}` };
  if (text(head, 0, 16) !== sqliteMagic) return { fault: 'is no SQLite database' };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const stored = view.getUint16(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return { fault: `says that its pages have ${stored} bytes` };
  // Old programs leave the count of pages as it was; it holds where it was written with the last change.
  const pages = view.getUint32(24) === view.getUint32(92) ? view.getUint32(28) : 0;
  if (size < pageSize || size < pages * pageSize) {
    return { fault: `is cut short: it has ${size} bytes of ${Math.max(pages, 1) * pageSize}` };
  }
  return { about: 'SQLite database' };
}

/** Reads `map_t.bin`: the letters `GMTM`, then the world's version as a big-endian number of four bytes. */
export function readWorldVersion(head: Uint8Array, size: number): HeadReading {
  if (size < 8 || head.length < 8) return { fault: `has ${size} bytes, and begins with at least 8` };
  if (text(head, 0, 4) !== 'GMTM') return { fault: 'does not begin as the game writes it' };
  return { about: `world version ${new DataView(head.buffer, head.byteOffset, head.byteLength).getInt32(4)}` };
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
