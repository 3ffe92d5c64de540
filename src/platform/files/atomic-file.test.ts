import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  isMissing,
  makePrivateFolder,
  readIfThere,
  systemErrorCode,
  writeAtomically,
  writeAtomicallySync,
} from './atomic-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe.each([
  ['writeAtomically', writeAtomically],
  ['writeAtomicallySync', async (...args: Parameters<typeof writeAtomicallySync>) => writeAtomicallySync(...args)],
] as const)('%s', (_, write) => {
  test('writes, and replaces what was there, readable by the owner alone', async () => {
    const path = join(folder, 'state.json');
    await write(path, 'one');
    await write(path, 'two, with ž');
    expect(await readFile(path, 'utf8')).toBe('two, with ž');
    expect(await mode(path)).toBe('600');
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  test('gives the mode asked for, and closes a file that stood open', async () => {
    const path = join(folder, 'compose.yaml');
    await write(path, 'one', 0o640);
    expect(await mode(path)).toBe('640');
    await writeFile(join(folder, 'open'), 'old');
    await chmod(join(folder, 'open'), 0o666);
    await write(join(folder, 'open'), 'new');
    expect(await mode(join(folder, 'open'))).toBe('600');
  });

  test('fails whole where the folder is not there, or the place is a folder, and leaves no temporary file', async () => {
    await expect(write(join(folder, 'none', 'x'), 'x')).rejects.toSatisfy(isMissing);
    await mkdir(join(folder, 'taken', 'below'), { recursive: true });
    await expect(write(join(folder, 'taken'), 'x')).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('a reader finds the old content or the new, whole, however many write at once', async () => {
  const path = join(folder, 'state');
  const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(200_000));
  await writeAtomically(path, contents[0] ?? '');
  let writing = true;
  const reading = (async () => {
    const seen = new Set<string>();
    while (writing) seen.add(await readFile(path, 'utf8'));
    return seen;
  })();
  await Promise.all(contents.map((content) => writeAtomically(path, content)));
  writing = false;
  for (const text of await reading) expect(contents.includes(text)).toBe(true);
  expect(await readdir(folder)).toEqual(['state']);
});

test('a private folder is made with its parents, for the owner alone', async () => {
  const path = join(folder, 'a', 'b');
  await makePrivateFolder(path);
  await makePrivateFolder(path);
  expect(await mode(path)).toBe('700');
  expect(await mode(join(folder, 'a'))).toBe('700');
});

test('reading says what is missing apart from what is wrong', async () => {
  await writeFile(join(folder, 'x'), 'text');
  expect(await readIfThere(join(folder, 'x'))).toBe('text');
  expect(await readIfThere(join(folder, 'none'))).toBeUndefined();
  await expect(readIfThere(folder)).rejects.toSatisfy((error) => systemErrorCode(error) === 'EISDIR');
  expect(systemErrorCode('ENOENT')).toBeUndefined();
  expect(systemErrorCode(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
});
