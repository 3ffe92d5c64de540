import { constants, type Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ZedopsError } from '../../protocol/errors.ts';
import { isMissing, systemErrorCode } from './atomic-file.ts';

/** The two files of an image template, as they stand on disk. */
export interface ImageTexts {
  /** Name of its folder. */
  readonly id: string;
  readonly folder: string;
  /** Text of `image.yaml`. */
  readonly image: string;
  /** Text of `.env.template`. */
  readonly template: string;
}

const largestFile = 64 * 1024;
const mostTemplates = 200;

/**
 * Reads the image templates of several folders, sorted by id. A folder that is not there has none; the same id in a later
 * folder takes the place of an earlier one. Symbolic links are refused, as what is read is shown to others.
 * @throws ZedopsError INVALID_INPUT for a template that cannot be read, with its name and path.
 */
export async function readImageTexts(folders: readonly string[]): Promise<readonly ImageTexts[]> {
  const found = new Map<string, ImageTexts>();
  for (const parent of folders) {
    for (const entry of await entriesOf(parent)) {
      const folder = join(parent, entry.name);
      if (entry.isSymbolicLink()) throw broken(entry.name, folder, 'is a symbolic link; copy the folder instead');
      if (!entry.isDirectory()) continue;
      const [image, template] = [join(folder, 'image.yaml'), join(folder, '.env.template')];
      found.set(entry.name, {
        id: entry.name,
        folder,
        image: await readText(entry.name, image),
        template: await readText(entry.name, template),
      });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What lies in a folder and is meant for us: files of editors and version control begin with a dot. */
async function entriesOf(parent: string): Promise<readonly Dirent[]> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(parent, { withFileTypes: true });
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new ZedopsError('INVALID_INPUT', `The folder of image templates ${parent} cannot be read (${why(cause)})`, {
      cause,
    });
  }
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  if (visible.length <= mostTemplates) return visible;
  throw new ZedopsError('INVALID_INPUT', `${parent} holds more than ${mostTemplates} image templates`);
}

async function readText(id: string, path: string): Promise<string> {
  const buffer = Buffer.alloc(largestFile + 1);
  let length = 0;
  try {
    // Without NONBLOCK a named pipe would hold the reader for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw broken(id, path, 'is no file');
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = (await file.read(buffer, length, buffer.length - length, length)).bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ZedopsError) throw error;
    if (isMissing(error)) throw broken(id, path, 'is missing', error);
    const link = systemErrorCode(error) === 'ELOOP';
    throw broken(
      id,
      path,
      link ? 'is a symbolic link; copy the file instead' : `cannot be read (${why(error)})`,
      error,
    );
  }
  if (length > largestFile) throw broken(id, path, `is larger than ${largestFile / 1024} KiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    throw broken(id, path, 'is not UTF-8 text', error);
  }
}

function broken(id: string, path: string, fault: string, cause?: unknown): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `The image template ${id} cannot be used: ${path} ${fault}`, { cause });
}

function why(error: unknown): string {
  return systemErrorCode(error) ?? 'unknown error';
}
