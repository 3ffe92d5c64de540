import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { testServer } from '../servers/server-bed.ts';
import { copyFrom } from './copy-tree.ts';
import { createDeparture } from './leave-host.ts';
import type { ManifestEntry } from './manifest.ts';
import type { Piece } from './read-batches.ts';
import { checkedEntries, type ReadRemote, type RemoteReader, remoteTree } from './remote-world.ts';
import { makeBase } from './tree-bed.ts';

const facts = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtimeMs: 1_000 };
const file = (path: string, size = 3): ManifestEntry => ({
  ...facts,
  path,
  type: 'file',
  size,
  sha256: 'a'.repeat(64),
});
const folder = (path: string): ManifestEntry => ({ ...facts, mode: 0o755, path, type: 'folder' });
const link = (path: string, target: string): ManifestEntry => ({ ...facts, path, type: 'link', target });

let bed: ReturnType<typeof makeBase>;
beforeEach(() => {
  bed = makeBase();
});
afterEach(() => bed.remove());

/** Reads many as it reads one. */
function readerOf(read: ReadRemote): RemoteReader {
  const beginning = ({ path, length }: Piece): Promise<Buffer | undefined> =>
    read(path, 0, length).catch((error: unknown) => {
      if (error instanceof ZedopsError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
  return { read, readMany: (files) => Promise.all(files.map(beginning)) };
}

async function bring(entries: readonly ManifestEntry[], read: ReadRemote, isLive = false): Promise<string> {
  const manifest = join(bed.base, 'manifest');
  const to = join(bed.base, 'to');
  await writeFile(manifest, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const root = { mode: 0o755, uid: facts.uid, gid: facts.gid, mtimeMs: 1_000 };
  await copyFrom(remoteTree({ manifestBytes: 0, root }, manifest, readerOf(read), isLive), to, { clock: systemClock });
  return to;
}
const abc: ReadRemote = async (_, offset, length) => Buffer.from('abc').subarray(offset, offset + length);

describe('what another host tells of a world', () => {
  it.each([
    ['an absolute path', [file('/etc/passwd')]],
    ['a way out', [file('../outside')]],
    ['a way out further down', [folder('a'), file('a/../../outside')]],
    ['a path with nothing in it', [folder('a'), file('a//b')]],
    ['a file in a folder nobody told of', [file('a/b')]],
    ['a file behind a link', [link('a', '/etc'), file('a/passwd')]],
    ['a file in a file', [file('a'), file('a/b')]],
    ['a file in a folder that was left', [folder('a'), file('b'), file('a/c')]],
    ['something twice', [folder('a'), link('a', '/etc')]],
    ['a file without its size', [{ ...facts, path: 'a', type: 'file' as const }]],
    ['a link to nowhere', [link('a', '')]],
  ])('is refused where it is %s', async (_, entries) => {
    await mkdir(join(bed.base, 'outside'));
    const told = async function* () {
      yield* entries;
    };
    const readAll = async (): Promise<void> => {
      for await (const entry of checkedEntries(told())) expect(entry.path).not.toBe('');
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(bring(entries, abc)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await readdir(join(bed.base, 'outside'))).toEqual([]);
  });

  it('replaces a link an earlier pass brought, and never writes through it', async () => {
    await mkdir(join(bed.base, 'outside'));
    await bring([link('a', join(bed.base, 'outside'))], abc);
    const to = await bring([folder('a'), file('a/b')], abc);
    expect(await readFile(join(to, 'a/b'), 'utf8')).toBe('abc');
    expect(await readdir(join(bed.base, 'outside'))).toEqual([]);
  });

  it('is held to the sizes it gave', async () => {
    const asked: number[] = [];
    const endless: ReadRemote = async (_, __, length) => {
      asked.push(length);
      return Buffer.alloc(length, 'x');
    };
    const to = await bring([file('a', 300_000)], endless);
    expect((await readFile(join(to, 'a'))).length).toBe(300_000);
    expect(asked).toEqual([262_144, 37_856]);
    await expect(bring([file('b', 5)], async () => Buffer.alloc(6))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(bring([file('c', 5)], abc)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('what is read of a world that leaves', () => {
  it('lies in the server’s folder, and behind no link', async () => {
    const root = join(bed.base, 'alpha');
    await mkdir(join(root, 'data'), { recursive: true });
    await mkdir(join(bed.base, 'outside'));
    await writeFile(join(bed.base, 'outside/secret'), 'secret');
    await writeFile(join(root, 'data/world'), 'abc');
    await symlink(join(bed.base, 'outside'), join(root, 'data/way'));
    await symlink(join(bed.base, 'outside/secret'), join(root, 'data/link'));
    const alpha = testServer();
    const unused = () => Promise.reject(new Error('not asked'));
    const { read, readMany } = createDeparture({
      placements: {
        rootOf: () => bed.base,
        folderOf: () => root,
        find: () => undefined,
        write: unused,
        dropOriginal: unused,
        forget: unused,
        originals: () => [],
      },
      lifecycle: { stop: unused, create: unused, remove: unused },
      looker: { look: unused },
      clock: systemClock,
      work: join(bed.base, 'work'),
      handOver: { list: unused, read: unused },
      forget: unused,
      welcome: () => undefined,
    });
    expect((await read(alpha, 'data/world', 1, 9)).toString()).toBe('bc');
    const wanted = ['data/world', 'data/way/secret', 'data/none'].map((path) => ({ path, length: 2 }));
    const parts = await readMany(alpha, wanted);
    expect(parts.map((part) => part?.toString())).toEqual(['ab', undefined, undefined]);
    await expect(readMany(alpha, [{ path: '../outside/secret', length: 9 }])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    for (const path of ['data/way/secret', 'data/link', 'data', 'data/none']) {
      await expect(read(alpha, path, 0, 9)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const path of ['../outside/secret', '/etc/passwd', 'data/../../outside/secret', '.']) {
      await expect(read(alpha, path, 0, 9)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });
});
