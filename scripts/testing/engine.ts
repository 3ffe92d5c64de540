import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { freeAddresses } from './addresses.ts';
import { type Commands, createCommands } from './command.ts';

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
    { package: 'iproute2', program: '/usr/sbin/ip' },
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
  const before = new Set(await readdir('/sys/class/net'));
  const addresses = await freeAddresses();
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
        `--default-address-pool=base=${addresses},size=24`,
        ...less,
        ...args,
      ],
      { detached: true, stdio: ['ignore', output, output] },
    );
    const exited = once(child, 'exit').catch(() => undefined);
    const stop = async (): Promise<void> => {
      // An engine that ends leaves the bridges of its networks on the machine, each with a range of its addresses.
      const bridges = (await bridgesOf(socket)).filter((name) => !before.has(name));
      child.kill('SIGTERM');
      const late = AbortSignal.timeout(20_000);
      await Promise.race([exited, once(late, 'abort')]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
      const cleaning = createCommands(folder);
      for (const bridge of bridges) {
        const { exitCode, output } = await cleaning.run('ip', ['link', 'delete', bridge], { quiet: true });
        if (exitCode !== 0) say(`the bridge ${bridge} is left over: ${output}`);
      }
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
async function engineVersion(socket: string): Promise<string | undefined> {
  const answer = await askEngine(socket, '/_ping');
  return answer && (/Docker\/(\S+)/.exec(answer.server)?.[1] ?? 'of unknown version');
}

/** An engine's answer to `GET /networks`, as far as it tells the interfaces of the machine. */
const Networks = z.array(
  z.object({ Id: z.string(), Driver: z.string(), Options: z.record(z.string(), z.string()).nullish() }),
);

/** The interfaces that an engine has made for its networks; none where it does not answer. */
async function bridgesOf(socket: string): Promise<readonly string[]> {
  const answer = await askEngine(socket, '/networks');
  return Networks.parse(JSON.parse(answer?.body ?? '[]'))
    .filter(({ Driver }) => Driver === 'bridge')
    .map(({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`);
}

/** What an engine answers to a question without a body; undefined where none answers, or not with a success. */
function askEngine(
  socket: string,
  path: string,
): Promise<{ readonly server: string; readonly body: string } | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path, timeout: 5_000 }, async (response) => {
      try {
        const body = await text(response);
        resolve(response.statusCode === 200 ? { server: String(response.headers.server), body } : undefined);
      } catch {
        resolve(undefined);
      }
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
