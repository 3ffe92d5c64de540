import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescribedWorld } from '../../protocol/entities/relocation.ts';
import { batch, pieceBytes } from '../../protocol/entities/relocation.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type FileFacts, makeFile } from './copy-file.ts';
import type { SourceEntry, TreeSource } from './copy-tree.ts';
import { type ManifestEntry, readManifest } from './manifest.ts';
import { createReadBatches, type ReadMany } from './read-batches.ts';
import { comparePaths } from './walk.ts';

/** Reads a piece of a file of a world on another host, or of its manifest; empty where the file ends. */
export type ReadRemote = (path: string | undefined, offset: number, length: number) => Promise<Buffer>;

/** Reads a world on another host. */
export interface RemoteReader {
  readonly read: ReadRemote;
  /** Reads the beginnings of many files; undefined for one that is not there. */
  readonly readMany: ReadMany;
}

/** Bytes of a manifest that is taken from another host: some five million files. */
const longestManifest = 1024 ** 3;
/** A file of at most these bytes travels with others. */
const smallBytes = 64 * 1024;
const kinds = { file: 0o100_000n, folder: 0o040_000n, link: 0o120_000n } as const;

/** Brings the manifest of a world on another host to a file here. @throws ZedopsError for one that is too long or cut off. */
export async function bringManifest(read: ReadRemote, bytes: number, file: string): Promise<void> {
  if (bytes > longestManifest) throw new ZedopsError('UNSUPPORTED', 'The world has too many files to be moved');
  const output = await open(file, 'w', 0o600);
  try {
    for (let at = 0; at < bytes; ) {
      const part = await read(undefined, at, Math.min(pieceBytes, bytes - at));
      if (part.length === 0) throw new ZedopsError('CONFLICT', 'The manifest of the world ended early');
      await output.appendFile(part);
      at += part.length;
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/**
 * Tells the entries of a manifest that came from another host. Nothing it says leads out of the tree it is about: each
 * lies in a folder told before it, and in the order of a walk, so that none is told twice and none lies behind a link.
 * @throws ZedopsError FORBIDDEN for one that does not.
 */
export async function* checkedEntries(entries: AsyncIterable<ManifestEntry>): AsyncGenerator<ManifestEntry> {
  const folders: string[] = [''];
  let before: string | undefined;
  for await (const entry of entries) {
    const { path, type } = entry;
    const parts = path.split('/');
    const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
    if (!isPlain || (before !== undefined && comparePaths(before, path) >= 0)) throw unsafe(path);
    folders.length = Math.min(folders.length, parts.length);
    if (folders.length !== parts.length || folders.at(-1) !== parts.slice(0, -1).join('/')) throw unsafe(path);
    if (type === 'folder') folders.push(path);
    if (type === 'file' && (entry.size === undefined || entry.sha256 === undefined)) throw unsafe(path);
    if (type === 'link' && (entry.target === undefined || entry.target === '' || entry.target.includes('\0'))) {
      throw unsafe(path);
    }
    before = path;
    yield entry;
  }
}

function unsafe(path: string): ZedopsError {
  return new ZedopsError(
    'FORBIDDEN',
    `The other host tells of ${JSON.stringify(path.slice(0, 200))}, which is refused`,
  );
}

/** A world on another host as something to be copied from, by the manifest that was brought here. */
export function remoteTree(
  { root }: DescribedWorld,
  manifest: string,
  reader: RemoteReader,
  isLive: boolean,
): TreeSource {
  const { read } = reader;
  const readSoon = createReadBatches(reader.readMany);
  const targets = new Map<string, string>();
  return {
    // As many as two answers hold: one is written to disk while the next is on its way.
    copiedAtOnce: 2 * batch.files,
    root: async () => factsOf({ ...root, type: 'folder' }),
    async *entries(): AsyncGenerator<SourceEntry> {
      for await (const entry of checkedEntries(readManifest(manifest))) {
        if (entry.target !== undefined) targets.set(entry.path, entry.target);
        yield { path: entry.path, type: entry.type, facts: factsOf(entry) };
        targets.delete(entry.path);
      }
    },
    async readLink(path) {
      const target = targets.get(path);
      if (target === undefined) throw new Error('a link was read that was not told of');
      return target;
    },
    async copyFile(path, target, facts, options) {
      const size = Number(facts.size);
      // What a running game has made smaller or taken away is seen again by the pass after it has stopped.
      const readAt = async (at: number): Promise<Buffer> => {
        const wanted = Math.min(pieceBytes, size - at);
        if (wanted <= 0) return Buffer.alloc(0);
        const reading = at === 0 && wanted <= smallBytes ? readSoon({ path, length: wanted }) : read(path, at, wanted);
        const part = await reading.catch((error: unknown) => {
          if (isLive && error instanceof ZedopsError && error.code === 'NOT_FOUND') return Buffer.alloc(0);
          throw error;
        });
        if (part.length > wanted) throw unsafe(path);
        if (part.length === 0 && !isLive) throw new ZedopsError('CONFLICT', `${join('/', path)} ended early`);
        return part;
      };
      await makeFile(target, facts, readAt, options);
    },
  };
}

function factsOf(
  entry: Pick<ManifestEntry, 'type' | 'mode' | 'uid' | 'gid' | 'mtimeMs' | 'size' | 'linked' | 'sparse' | 'stamp'>,
): FileFacts {
  const { type, mode, uid, gid, mtimeMs, size = 0, linked, sparse, stamp } = entry;
  const time = BigInt(Math.round(mtimeMs * 1_000)) * 1_000n;
  const inode = /^\d{1,20}/.exec(stamp ?? '')?.[0];
  return {
    mode: kinds[type] | BigInt(mode),
    uid: BigInt(uid),
    gid: BigInt(gid),
    size: BigInt(size),
    blocks: sparse ? 0n : (BigInt(size) + 511n) / 512n,
    nlink: linked && inode !== undefined ? 2n : 1n,
    dev: 0n,
    ino: BigInt(inode ?? 0),
    atimeNs: time,
    mtimeNs: time,
  };
}
