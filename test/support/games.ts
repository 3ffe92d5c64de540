import { readdir, readFile } from 'node:fs/promises';

/**
 * Pids of the games that hosts without Docker run below each folder: a supervisor is started with a folder there, and the
 * game is its child.
 */
export async function gamesBelow(homes: readonly string[]): Promise<number[][]> {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid) => {
        const [words, stat] = await Promise.all([read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/stat`)]);
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return { pid: Number(pid), parent: Number(parent), isUp: state !== 'Z', words };
      }),
  );
  return homes.map((home) => {
    const supervisors = found.filter(({ words }) => words.includes('supervisor') && words.includes(home));
    const isOfOurs = (parent: number): boolean => supervisors.some(({ pid }) => pid === parent);
    return found.flatMap(({ pid, parent, isUp }) => (isUp && isOfOurs(parent) ? [pid] : []));
  });
}

/** Empty for what has ended meanwhile. */
const read = (path: string): Promise<string> => readFile(path, 'latin1').catch(() => '');
