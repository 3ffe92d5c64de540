import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** The machine a run was made on, in one line: without it a number says nothing. */
export function describeMachine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return [
    `${first?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${memory} GB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    versionOf('docker', ['version', '--format', 'Docker {{.Server.Version}}']) ?? 'no Docker',
    versionOf('nats-server', ['--version']) ?? 'no nats-server',
  ].join('; ');
}

function versionOf(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    // Not installed, or nothing answers: the benches that need it say so themselves.
    return undefined;
  }
}

/** The environment for what is measured: without what makes some Node versions start slower. */
export function leanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8', TERM: 'dumb', ...extra };
}
