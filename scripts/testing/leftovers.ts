import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Commands } from './command.ts';

/** Something a run started and did not end. */
export interface Leftover {
  readonly what: string;
  end(): Promise<void>;
}

/**
 * Processes that have to do with a folder: they name it in their command line or environment, or stand in it. Every
 * process of a run does, because `TMPDIR` of the run is that folder and so all homes of tests lie below it.
 */
export async function processesOf(folder: string): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const texts = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(gone),
      readFile(`/proc/${pid}/environ`, 'utf8').catch(gone),
      readlink(`/proc/${pid}/cwd`).catch(gone),
    ]);
    if (!texts.some((text) => text.includes(folder))) continue;
    const command = (texts[0] || 'a process').replaceAll('\0', ' ').trim().slice(0, 120);
    found.push({
      what: `process ${pid}: ${command}`,
      async end() {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
        }
      },
    });
  }
  return found;
}

/** Mounts below a folder, deepest first. */
export async function mountsBelow(folder: string, commands: Commands): Promise<readonly Leftover[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  return mounts
    .filter((path) => path.startsWith(folder))
    .sort((a, b) => b.length - a.length)
    .map((path) => ({
      what: `mount ${path}`,
      async end() {
        await commands.run('umount', ['--lazy', path], { quiet: true });
      },
    }));
}

/** Containers of ZedOps, by id; none where no engine answers. */
export async function managedContainers(commands: Commands): Promise<ReadonlyMap<string, string>> {
  const { exitCode, output } = await commands.run(
    'docker',
    ['ps', '--all', '--filter', 'label=zedops.managed=true', '--format', '{{.ID}} {{.Names}}'],
    { quiet: true, deadline: 30 },
  );
  if (exitCode !== 0) return new Map();
  const rows = output.split('\n').filter((line) => line !== '');
  return new Map(rows.map((row): [string, string] => [row.split(' ')[0] ?? '', row.split(' ')[1] ?? '']));
}

/** Containers that are there now and were not `before`. Only ones whose files lie below `folder` are ended. */
export async function newContainers(
  before: ReadonlyMap<string, string>,
  folder: string,
  commands: Commands,
): Promise<readonly Leftover[]> {
  const left: Leftover[] = [];
  for (const [id, name] of await managedContainers(commands)) {
    if (before.has(id)) continue;
    const mounts = await commands.run('docker', ['inspect', '--format', '{{json .Mounts}}', id], { quiet: true });
    if (!mounts.output.includes(folder)) continue;
    left.push({
      what: `container ${name}`,
      async end() {
        await commands.run('docker', ['rm', '--force', '--volumes', id], { quiet: true });
      },
    });
  }
  return left;
}

/** A process may end while it is looked at. */
function gone(): string {
  return '';
}
