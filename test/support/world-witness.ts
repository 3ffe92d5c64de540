import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a world held once, to be compared with what is left of it. */
export interface WorldWitness {
  /** Paths that were there and are not any more, and files planted at the time whose content is another. */
  missing(folder?: string): Promise<string[]>;
}

const planted = 'Saves/Multiplayer/planted';

/**
 * Plants files in a world that no game touches, and remembers them and every path there is. A game writes its own files
 * anew as it runs, so of those only the presence counts.
 */
export async function witnessWorld(data: string): Promise<WorldWitness> {
  await mkdir(join(data, planted), { recursive: true });
  await writeFile(join(data, planted, 'map_1_1.bin'), Buffer.alloc(200_000, 'a world'));
  await writeFile(join(data, planted, 'empty.bin'), '', { mode: 0o640 });
  if (!(await readdir(join(data, planted))).includes('link')) await symlink('map_1_1.bin', join(data, planted, 'link'));
  const before = await contents(data);
  return {
    async missing(folder = data) {
      const now = await contents(folder);
      return [...before].flatMap(([path, digest]) => {
        if (!now.has(path)) return [path];
        return path.startsWith(planted) && now.get(path) !== digest ? [`${path} has changed`] : [];
      });
    },
  };
}

/** Every path of the world below a server's data folder, and a digest of what was planted there. */
async function contents(data: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of ['Saves', 'Server', 'db']) {
    for (const entry of await readdir(join(data, part), { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(data.length + 1);
      // What a database or a save keeps beside a file for a moment is no part of the world.
      if (/(-journal|-wal|-shm|\.tmp)$/.test(name)) continue;
      const isLink = entry.isSymbolicLink();
      const content = !name.startsWith(planted) ? '' : isLink ? await readlink(path) : await readFile(path);
      found.set(name, createHash('sha256').update(content).digest('hex'));
    }
  }
  return found;
}
