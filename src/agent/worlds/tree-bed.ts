import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { chmod, chown, link, lutimes, mkdir, open, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestOf } from './manifest.ts';

/** A folder of one test. */
export interface TreeBed {
  readonly base: string;
  readonly forget: (...paths: readonly string[]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Makes a folder for one test. */
export function makeBase(): TreeBed {
  const base = mkdtempSync(join(tmpdir(), 'zedops-tree-'));
  const forget = async (...paths: readonly string[]): Promise<void> => {
    for (const path of paths) await rm(path, { recursive: true, force: true });
  };
  return { base, forget, remove: () => forget(base) };
}

/** A tree as one text, without what differs between two copies of it. */
export async function contentOf(root: string): Promise<string> {
  const lines: string[] = [];
  for await (const { stamp: _, mtimeMs: __, sparse: ___, ...entry } of manifestOf(root))
    lines.push(JSON.stringify(entry));
  return lines.join('\n');
}

/** Makes a tree with everything in it that a copy can get wrong. Needs root, as the tests have it in their container. */
export async function makeOddTree(root: string): Promise<void> {
  const world = join(root, 'Saves', 'Multiplayer', 'alpha');
  await mkdir(world, { recursive: true });
  await writeFile(join(world, 'map_1_1.bin'), 'chunk');
  await writeFile(join(world, 'empty'), '');
  await writeFile(join(world, 'line\nfeed'), 'a');
  await writeFile(join(world, 'separator\u2028here'), 'b');
  await writeFile(join(world, 'Привет 🧟'), 'c');
  await writeFile(join(world, '__proto__'), 'd');
  await writeFile(join(world, 'odd'), 'e');
  await chmod(join(world, 'odd'), 0o4711);
  await writeFile(join(world, 'unreadable'), 'f', { mode: 0 });
  await writeFile(join(world, 'owned'), 'g');
  await chown(join(world, 'owned'), 1234, 2345);
  await link(join(world, 'owned'), join(world, 'same'));
  const sparse = await open(join(world, 'sparse'), 'w');
  await sparse.write('x', 1_000_000);
  await sparse.truncate(8_000_000);
  await sparse.close();
  await symlink('/etc/passwd', join(root, 'outside'));
  await symlink('nowhere', join(root, 'dangling'));
  await symlink('Saves', join(root, 'inside'));
  await lutimes(join(root, 'inside'), 1_000_000_000, 1_000_000_000.5);
  await mkdir(join(root, 'closed'), { mode: 0o1500 });
  await chmod(join(root, 'closed'), 0o1500);
  await chown(join(root, 'closed'), 1234, 2345);
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await utimes(join(world, 'map_1_1.bin'), 1_500_000_000.25, 1_400_000_000.123456);
  await utimes(world, 1_500_000_000, 1_300_000_000);
}
