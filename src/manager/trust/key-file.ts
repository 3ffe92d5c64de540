import { randomBytes } from 'node:crypto';
import { link, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateFolder, privateFile, readIfThere, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/**
 * Reads a file that holds a key, and makes it where there is none. Whoever is first wins, also among processes: what is
 * returned is always what lies on disk, whole.
 * @throws ZedopsError FORBIDDEN when others than the owner can read it.
 */
export async function readOrMakeKeyFile(path: string, make: () => Promise<string>): Promise<string> {
  const there = await readPrivate(path);
  if (there !== undefined) return there;
  await makePrivateFolder(dirname(path));
  await writeOnce(path, await make());
  const made = await readPrivate(path);
  if (made === undefined) throw new ZedopsError('INTERNAL', `${path} went away while it was made`);
  return made;
}

async function readPrivate(path: string): Promise<string | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) === 0) return text;
  throw new ZedopsError('FORBIDDEN', `${path} holds a key, and its mode ${mode.toString(8)} lets others read it`, {
    hint: `chmod 600 ${path}`,
  });
}

/** A link, unlike a rename, fails where something is there already. */
async function writeOnce(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, content, { mode: privateFile, flag: 'wx', flush: true });
    await link(temporary, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
