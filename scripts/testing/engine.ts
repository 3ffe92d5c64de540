import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Commands } from './command.ts';

/** A Docker engine for the run: one that was there, or one started for it. */
export interface Engine {
  readonly socket: string;
  readonly version: string;
  /** Whether this run started it. */
  readonly own: boolean;
  /** Ends an engine of the run's own, with everything it runs; leaves any other alone. */
  stop(): Promise<void>;
}

/** What {@link needEngine} works with. */
export interface EngineOptions {
  /** The run's own folder, where an engine of its own keeps its data. */
  readonly folder: string;
  readonly commands: Commands;
  readonly socket?: string;
  readonly say: (text: string) => void;
  /** Further arguments for an engine of the run's own. */
  readonly args?: readonly string[];
}

const startSeconds = 60;

/** Where the engine is looked for: `DOCKER_HOST`, where that is a socket, or the usual place. */
function engineSocket(host: string | undefined): string {
  if (host === undefined || host === '') return '/var/run/docker.sock';
  if (!host.startsWith('unix://')) throw new Error(`DOCKER_HOST is ${host}: the tests need an engine on a Unix socket`);
  return host.slice('unix://'.length);
}

/**
 * The engine that answers, or one of the run's own, installed first where there is none to start.
 * @throws Error saying what is missing.
 */
export async function needEngine(options: EngineOptions): Promise<Engine> {
  const socket = options.socket ?? engineSocket(process.env.DOCKER_HOST);
  const version = await engineVersion(socket);
  if (version !== undefined) return { socket, version, own: false, stop: async () => undefined };
  if (process.getuid?.() !== 0) {
    throw new Error(`No Docker engine answers on ${socket}, and only root can start one: start Docker, or run as root`);
  }
  await needPackages(options.commands, options.say, [
    { package: 'docker.io', program: '/usr/sbin/dockerd' },
    { package: 'iptables', program: '/usr/sbin/iptables' },
  ]);
  return startEngine(socket, options);
}

/** Installs Debian packages whose program is missing, and starts none of their services. */
export async function needPackages(
  commands: Commands,
  say: (text: string) => void,
  wanted: readonly { readonly package: string; readonly program: string }[],
): Promise<void> {
  const missing: string[] = [];
  for (const { package: name, program } of wanted) if (!(await isThere(program))) missing.push(name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`${missing.join(' and ')} missing: install them, or run as root`);
  say(`installing ${missing.join(' ')}`);
  const policy = '/usr/sbin/policy-rc.d';
  const hadPolicy = await isThere(policy);
  // Debian's way to say that a package's service must not start: the engine is ours to start, and to end.
  if (!hadPolicy) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '--yes', '--no-install-recommends', ...missing];
    let result = await commands.run('apt-get', install, { env, quiet: true, deadline: 300 });
    if (result.exitCode !== 0) {
      await commands.run('apt-get', ['update'], { env, quiet: true, deadline: 120 });
      result = await commands.run('apt-get', install, { env, quiet: true, deadline: 300 });
    }
    if (result.exitCode !== 0) throw new Error(`apt-get could not install ${missing.join(' ')}:\n${result.output}`);
  } finally {
    if (!hadPolicy) await rm(policy, { force: true });
  }
}

/** Tries to start an engine, with less of it each time: some machines have no overlayfs, some no netfilter. */
async function startEngine(socket: string, { folder, say, args = [] }: EngineOptions): Promise<Engine> {
  const problems: string[] = [];
  for (const less of [
    [],
    ['--storage-driver=vfs'],
    ['--iptables=false'],
    ['--storage-driver=vfs', '--iptables=false'],
  ]) {
    const home = join(folder, `engine-${problems.length + 1}`);
    await mkdir(home, { recursive: true });
    const log = join(home, 'log');
    const output = openSync(log, 'a');
    const child = spawn(
      'dockerd',
      [
        `--host=unix://${socket}`,
        `--data-root=${join(home, 'data')}`,
        `--exec-root=${join(home, 'exec')}`,
        `--pidfile=${join(home, 'pid')}`,
        ...less,
        ...args,
      ],
      { detached: true, stdio: ['ignore', output, output] },
    );
    const exited = once(child, 'exit').catch(() => undefined);
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      const late = AbortSignal.timeout(20_000);
      await Promise.race([exited, once(late, 'abort')]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    };
    const version = await answers(socket, exited);
    if (version !== undefined) {
      say(`started a Docker engine ${version}${less.length === 0 ? '' : ` with ${less.join(' ')}`}`);
      return { socket, version, own: true, stop };
    }
    await stop();
    problems.push(`dockerd ${less.join(' ')}:\n${(await readFile(log, 'utf8')).split('\n').slice(-6).join('\n')}`);
  }
  throw new Error(`No Docker engine could be started:\n${problems.join('\n')}`);
}

/** Waits until the engine answers, or has ended, or time is up. */
async function answers(socket: string, exited: Promise<unknown>): Promise<string | undefined> {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  for (const deadline = Date.now() + startSeconds * 1000; Date.now() < deadline && !ended; ) {
    const version = await engineVersion(socket);
    if (version !== undefined) return version;
    await pause(100);
  }
  return undefined;
}

/** The version of the engine behind a socket; undefined where none answers. */
function engineVersion(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path: '/_ping', timeout: 5_000 }, (response) => {
      response.resume();
      const server = String(response.headers.server);
      resolve(response.statusCode === 200 ? (/Docker\/(\S+)/.exec(server)?.[1] ?? 'of unknown version') : undefined);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
