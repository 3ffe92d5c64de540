import { readFile } from 'node:fs/promises';

/** Where something is mounted at or below a folder of this host. Format: proc_pid_mountinfo(5). */
export async function mountsBelow(folder: string): Promise<readonly string[]> {
  return parseMountPoints(await readFile('/proc/self/mountinfo', 'utf8')).filter(
    (point) => point === folder || point.startsWith(`${folder}/`),
  );
}

/** The mount points in a `mountinfo` file: the fifth field, in which space, tab, line feed and backslash are octal. */
export function parseMountPoints(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const point = line.split(' ')[4];
    if (point === undefined) return [];
    return [point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))];
  });
}
