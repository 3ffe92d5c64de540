import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './eventually.ts';
import type { Fleet } from './fleet.ts';
import { createPlaces, type Daemon, type Place } from './zedops.ts';

/** One more host of a fleet, with an agent of its own that runs games as plain processes. */
export interface SecondHost {
  readonly name: string;
  readonly place: Place;
  agent(): Daemon;
  startAgent(): Promise<void>;
  dispose(): Promise<void>;
}

/** What is between a network namespace and the manager. */
interface WayOut {
  /** Words that go before a command that is to run in there. */
  readonly within: readonly string[];
  close(): Promise<void>;
}

/**
 * Adds a host to a fleet by the commands of the README, and waits until it is online. Where it is `apart`, it has ports
 * of its own, as a second machine has: the one thing in there besides is a way to the manager. Only root can do that.
 */
export async function addHost(fleet: Fleet, name: string, { apart = false } = {}): Promise<SecondHost> {
  const way = apart ? await openWayOut(Number(new URL(fleet.url).port)) : undefined;
  const places = createPlaces(way?.within);
  const place = await places.make({ ZEDOPS_AGENT_RUNTIME: 'process' });
  let agent: Daemon | undefined;
  const host: SecondHost = {
    name,
    place,
    agent() {
      if (!agent) throw new Error('not started');
      return agent;
    },
    async startAgent() {
      const started = place.start(['agent']);
      agent = started;
      await eventually(`${name} to be online`, async () =>
        new RegExp(`${name} .*online`).test((await fleet.owner.run(['host', 'list'])).stdout),
      ).catch((cause: unknown) => {
        throw new Error(`the agent of ${name} did not connect: ${started.stderr()}`, { cause });
      });
    },
    async dispose() {
      await places.dispose();
      await way?.close();
    },
  };
  try {
    const invite = await fleet.far.run(['host', 'invite', name]);
    const line = invite.stdout.trim().split(/\s+/);
    if (line[0] !== 'zedops') throw new Error(`zedops host invite printed no line to run: ${invite.stderr}`);
    const joined = await place.run(line.slice(1));
    if (joined.exitCode !== 0) throw new Error(`zedops agent join failed: ${joined.stderr}`);
    await host.startAgent();
    return host;
  } catch (error) {
    await host.dispose();
    throw error;
  }
}

/** Listens in the namespace and hands each connection to a socket in the file system, which leads out of it. */
const relay = `
  const net = require('node:net');
  const [port, path] = process.argv.slice(1);
  net.createServer((inner) => {
    const outer = net.connect(path);
    for (const [from, to] of [[inner, outer], [outer, inner]]) from.on('error', () => to.destroy()).on('close', () => to.destroy()).pipe(to);
  }).listen(Number(port), '127.0.0.1', () => console.log('up'));
`;

async function openWayOut(port: number): Promise<WayOut> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-way-out-'));
  const path = join(folder, 'manager.sock');
  const open = new Set<Socket>();
  const outside = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(from);
      from
        .on('error', () => to.destroy())
        .on('close', () => {
          open.delete(from);
          to.destroy();
        })
        .pipe(to);
    }
  });
  await new Promise<void>((resolve) => outside.listen(path, resolve));
  const script = 'ip link set lo up && exec "$0" -e "$1" "$2" "$3"';
  const holder = execa('unshare', ['--net', 'sh', '-c', script, process.execPath, relay, String(port), path], {
    reject: false,
    stdin: 'ignore',
  });
  let said = '';
  holder.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await eventually('the way out of the namespace', () => said.includes('up'));
  return {
    within: ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'],
    async close() {
      holder.kill('SIGKILL');
      await holder;
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => outside.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
