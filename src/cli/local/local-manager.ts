import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { type Clock, pause } from '../../platform/clock.ts';
import { makePrivateFolder, privateFile, readIfThere } from '../../platform/files/atomic-file.ts';
import { packageRoot } from '../../platform/files/package-root.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostList } from '../../protocol/operations/host.ts';

/** A manager and its host that this program has started, as `zedops up` in a process of its own. */
export interface LocalManager {
  readonly client: ManagerClient;
  /** Ends it as SIGTERM does, and resolves when it is gone. Games run on. */
  end(): Promise<void>;
  /** Lets it run on when this program has ended. */
  keep(): void;
}

/** What {@link startLocalManager} is given. */
export interface LocalManagerOptions {
  /** The environment it runs in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for what it says. */
  readonly folder: string;
  /** Finds the way to it, once there is one. */
  readonly connect: () => Promise<ManagerClient | undefined>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds until it has to answer, with its host. */
const patienceMs = 60_000;
const lookEveryMs = 200;
/** Milliseconds from the signal until it is killed: a little more than it takes to give up by itself. */
const endMs = 35_000;

/**
 * Starts it and waits until its host is online.
 * @throws ZedopsError CONFLICT with its own last words where it ends instead; TIMEOUT; CANCELLED with the signal.
 */
export async function startLocalManager(options: LocalManagerOptions): Promise<LocalManager> {
  const { env, folder, clock } = options;
  await makePrivateFolder(folder);
  const said = join(folder, 'up.log');
  const log = await open(said, 'w', privateFile);
  const child = spawn(process.execPath, ['--', join(packageRoot(), 'bin/zedops.js'), 'up'], {
    env,
    // Its own session: what is typed on this terminal, and its end, are not for it.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // It has its own hold of the file by now.
  await log.close();
  const isGone = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  // Whatever ends this program ends it, too.
  const endWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const end = async (): Promise<void> => {
    const killed = clock.after(endMs, () => void child.kill('SIGKILL'));
    if (!isGone() && child.kill('SIGTERM')) await gone;
    killed();
    process.off('exit', endWithUs);
  };
  const keep = (): void => {
    process.off('exit', endWithUs);
    child.unref();
  };
  try {
    const client = await untilOnline(options, async () => {
      if (!isGone()) return;
      const words = ((await readIfThere(said)) ?? '').trim().split('\n').slice(-2).join(' · ').slice(-400);
      throw new ZedopsError('CONFLICT', `zedops up ended at once: ${words || failure?.message || 'it said nothing'}`, {
        hint: 'zedops up shows all of it',
        cause: failure,
      });
    });
    return { client, end, keep };
  } catch (error) {
    await end();
    throw error;
  }
}

async function untilOnline(
  { connect, clock, signal }: LocalManagerOptions,
  refuseIfGone: () => Promise<void>,
): Promise<ManagerClient> {
  const giveUpAt = clock.steady() + patienceMs;
  while (clock.steady() < giveUpAt) {
    await refuseIfGone();
    if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
    const client = await connect();
    if (client && (await hasHost(client, signal))) return client;
    await pause(clock, lookEveryMs, signal);
  }
  throw new ZedopsError('TIMEOUT', `zedops up did not answer within ${patienceMs / 1000} s`, {
    hint: 'zedops up, in a terminal of its own, shows why',
  });
}

/** Whether its host is online. While it starts it refuses connections. */
async function hasHost(client: ManagerClient, signal: AbortSignal): Promise<boolean> {
  try {
    const { hosts } = await client.call(hostList, {}, signal);
    return hosts.some(({ connection }) => connection === 'online');
  } catch (error) {
    if (error instanceof ZedopsError && ['UNREACHABLE', 'TIMEOUT'].includes(error.code)) return false;
    throw error;
  }
}
