import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Duplex } from 'node:stream';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { systemClock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createRconBed, type RconBed } from './rcon-bed.ts';
import { openRelay, type Relay } from './relay.ts';
import { createRconSession } from './session.ts';

const quiet = new AbortController().signal;
/** Where a program of this machine is; undefined where it is not there. */
const where = async (name: string): Promise<string | undefined> => {
  if (name === 'node') return process.execPath;
  const asked = name === 'python3' ? ['python3', '-c', 'import sys; print(sys.executable)'] : ['which', name];
  const { exitCode, stdout } = await execa(asked[0] ?? '', asked.slice(1), { reject: false });
  return exitCode === 0 ? stdout.trim() : undefined;
};

let base: string;
let bed: RconBed;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-relay-'));
  bed = await createRconBed();
  running.clear();
});
afterEach(async () => {
  await bed.close();
  await rm(base, { recursive: true });
});

/** An inside of these programs only. It starts them here, and says what an engine says where one is missing. */
async function inside(programs: readonly string[]) {
  const folder = join(base, 'bin');
  await mkdir(folder);
  for (const program of programs) {
    const path = await where(program);
    if (path !== undefined) await symlink(path, join(folder, basename(program)));
  }
  const pipe = async (_: string, [file = '', ...args]: readonly string[]): Promise<Duplex> => {
    const child = spawn(join(folder, file), args, { env: { PATH: folder } });
    child.once('spawn', () => running.add(child));
    const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
    child.once('error', () => stream.destroy(new ZedopsError('UNREACHABLE', `${file}: not found in $PATH`)));
    child.once('exit', () => running.delete(child));
    return stream;
  };
  return { runtime: { pipe }, clock: systemClock };
}

function ask({ stream }: Relay, lines: readonly string[]): Promise<string[]> {
  const session = createRconSession({
    ...{ name: 'alpha', password: 'a-password-of-rcon', clock: systemClock, onIdle: () => undefined },
    dial: async () => stream,
  });
  const answers = lines.map(async (line) => (await session.command(line, {})).text);
  return Promise.all(answers).finally(() => session.close(new ZedopsError('CANCELLED', 'the test is over')));
}

describe.each([
  ['bash', ['sh', 'bash', 'cat']],
  ['python3', ['sh', 'python3']],
  ['socat', ['sh', 'socat']],
  ['node', ['node']],
])('a relay by %s', (tool, programs) => {
  test('carries a session, and leaves neither a program nor a connection behind', async () => {
    const relay = await openRelay(await inside(programs), 'c1', bed.port, quiet);
    expect(relay.tool).toBe(tool);
    const lines = Array.from({ length: 500 }, (_, index) => `servermsg "Ж ${index}"`);
    expect(await ask(relay, lines)).toEqual(lines);
    await eventually('the program to end', () => running.size === 0 && bed.connections() === 0);
  });

  test('ends when the game hangs up', async () => {
    const { stream } = await openRelay(await inside(programs), 'c1', bed.port, quiet);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.resume();
    await eventually('the connection', () => bed.connections() === 1);
    bed.hangUp();
    await closed;
    await eventually('the program to end', () => running.size === 0);
  });

  // socat says that it is there before it connects.
  if (tool === 'socat') return;
  test('tells that nothing listens', async () => {
    const beside = await inside(programs);
    await bed.listens(false);
    const opened = openRelay(beside, 'c1', bed.port, quiet);
    await expect(opened).rejects.toThrow(`does not listen at port ${bed.port}`);
    await bed.listens(true);
  });
});

test('an image with none of the programs is told of', async () => {
  const opened = openRelay(await inside(['sh']), 'c1', bed.port, quiet);
  await expect(opened).rejects.toMatchObject({
    code: 'UNREACHABLE',
    hint: 'an image with bash, python3 or socat can be reached',
  });
});
