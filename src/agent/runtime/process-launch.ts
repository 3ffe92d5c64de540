import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Clock, pause } from '../../platform/clock.ts';
import { privateFile, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { SpecPort } from '../spec/container-spec.ts';
import { complaintsFile, SupervisorWord } from './process-files.ts';

const startMs = 30_000;
const longestWordBytes = 64 * 1024;

/** The program that supervises a game: bundled in the package, or its source where ZedOps runs from source. */
export function supervisorPath(packageRoot: string): string {
  const isSource = import.meta.filename.endsWith('.ts');
  return join(packageRoot, isSource ? 'src/agent/runtime/supervisor.ts' : 'dist/agent/supervisor.js');
}

/**
 * Starts the supervisor of a folder, which lives on by itself. Resolves when the game runs.
 * @throws ZedopsError INVALID_INPUT when it could not be started.
 */
export async function launchSupervisor(program: string, folder: string, name: string, clock: Clock): Promise<void> {
  const complaints = await open(complaintsFile(folder), 'a', privateFile);
  try {
    const child = spawn(process.execPath, [program, folder], {
      cwd: '/',
      // The agent's own environment may hold what no game should see.
      env: { PATH: process.env.PATH },
      detached: true,
      stdio: ['ignore', 'pipe', complaints.fd],
    });
    child.unref();
    const { stdout } = child;
    if (!stdout) throw new ZedopsError('INTERNAL', `The supervisor of ${name} has no output to listen to`);
    const said = new Promise<string>((resolve, reject) => {
      let text = '';
      child.once('error', reject);
      stdout.setEncoding('utf8');
      stdout.on('data', (piece: string) => {
        text += piece;
        if (text.includes('\n') || text.length > longestWordBytes) resolve(text);
      });
      stdout.once('close', () => resolve(text));
    });
    const late = new AbortController();
    const word = await Promise.race([said, pause(clock, startMs, late.signal).then(() => undefined)]);
    late.abort();
    stdout.destroy();
    judge(word, name, folder);
  } finally {
    await complaints.close();
  }
}

function judge(word: string | undefined, name: string, folder: string): void {
  if (word === undefined) {
    throw new ZedopsError('TIMEOUT', `The supervisor of ${name} said nothing for ${startMs / 1000} s`, {
      hint: `see ${complaintsFile(folder)}`,
    });
  }
  const parsed = SupervisorWord.safeParse(word.trim() === '' ? undefined : JSON.parse(word));
  if (!parsed.success) {
    throw new ZedopsError('INTERNAL', `The supervisor of ${name} ended before it started the game`, {
      hint: `see ${complaintsFile(folder)}`,
    });
  }
  if ('error' in parsed.data) {
    throw new ZedopsError('INVALID_INPUT', `${name} could not be started: ${parsed.data.error}`, {
      hint: 'a process needs the game installed in its folder; a host with Docker does not',
    });
  }
}

/** Checks that nobody listens on the ports a game wants, as an engine does. @throws ZedopsError CONFLICT */
export async function checkPortsFree(ports: readonly SpecPort[], name: string): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw new ZedopsError(
      'CONFLICT',
      `Port ${port.port}/${port.protocol} is taken on this host, so ${name} cannot start`,
      {
        hint: 'ss -lpn shows who has it; give the server another port, or stop the other one',
      },
    );
  }
}

function isFree({ port, protocol }: SpecPort): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (systemErrorCode(error) === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    if (protocol === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', (error) => {
        socket.close();
        failed(error);
      });
      socket.bind(port, () => socket.close(() => resolve(true)));
      return;
    }
    const server = createServer();
    server.once('error', failed);
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
