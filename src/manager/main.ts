import { type Clock, systemClock } from '../platform/clock.ts';
import { lockFolder } from '../platform/files/folder-lock.ts';
import { managerSocket, type Paths } from '../platform/files/paths.ts';
import type { Log } from '../platform/log.ts';
import type { Settings } from '../platform/settings.ts';
import { parseSpan } from '../platform/span.ts';
import type { KeepDeleted } from '../protocol/entities/deletion.ts';
import type { Wire } from '../protocol/wire.ts';
import { type Endings, openCore } from './core.ts';
import { createDoor } from './door/door.ts';
import type { ListenAddress } from './door/door-options.ts';
import { createIdentify } from './door/identify.ts';
import { createLive } from './door/live.ts';
import type { AgentIdentity } from './hosts/enrolment.ts';
import { attachLocalHost, type LocalAgent } from './hosts/local-host.ts';
import { createPasswords } from './people/passwords.ts';
import { createSignIn } from './people/sign-in.ts';
import { openStore } from './store/database.ts';
import { checkMasterKey } from './store/meta.ts';
import { openAuthority } from './trust/authority.ts';
import { openSealing } from './trust/sealing.ts';

/** What a manager is made of. */
export interface ManagerOptions {
  readonly paths: Paths;
  readonly settings: Settings;
  readonly log: Log;
  readonly clock?: Clock;
}

/** A manager at work. */
export interface RunningManager {
  /** Where people on this machine reach it, such as `https://localhost:8443`. */
  readonly url: string;
  /** The authority's, as `SHA256:<base64url>`. */
  readonly fingerprint: string;
  /** Connects an agent of this process as a host of that name, which needs no enrolment. */
  attachLocalAgent(hostName: string): Promise<LocalAgent>;
  /** Lets nobody in any more, waits a little for what is under way, and lets go of everything. */
  stop(): Promise<void>;
}

const graceMs = 5_000;

/**
 * Starts the manager; resolves when it serves.
 * @throws ZedopsError CONFLICT while another one works in the same folder.
 */
export async function startManager(options: ManagerOptions): Promise<RunningManager> {
  const endings: Endings = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    return await assemble(options, endings, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs the manager in the foreground until the signal aborts. */
export async function runManager(options: ManagerOptions & { readonly signal: AbortSignal }): Promise<void> {
  const { signal, log } = options;
  const manager = await startManager(options);
  log.info({ url: manager.url, fingerprint: manager.fingerprint }, 'the manager serves');
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  log.info({}, 'the manager is stopping');
  await manager.stop();
}

/**
 * Makes the manager's folder with its authority and store, and the one-time code with which its owner signs in.
 * @throws ZedopsError CONFLICT when it has an owner already.
 */
export async function initManager({
  paths,
  clock = systemClock,
}: Pick<ManagerOptions, 'paths' | 'settings' | 'clock'>): Promise<{
  readonly code: string;
  readonly expiresAt: string;
  readonly fingerprint: string;
}> {
  const store = await openStore(paths.manager, clock);
  const live = createLive(clock);
  try {
    await checkMasterKey(store.db, await openSealing(paths.manager));
    const { fingerprint } = await openAuthority(paths.manager, clock);
    const signIn = createSignIn({ db: store.db, clock, passwords: createPasswords(), fingerprint, live });
    return { ...(await signIn.initOwner()), fingerprint };
  } finally {
    live.stop();
    await store.close();
  }
}

async function assemble(
  { paths, settings, log, clock = systemClock }: ManagerOptions,
  endings: Endings,
  stop: () => Promise<void>,
): Promise<RunningManager> {
  endings.push(await lockFolder(paths.manager, 'manager'));
  let listens: readonly string[] = [];
  const retention = retentionOf(settings.get('manager.deletedRetention'));
  const playerRetention = retentionOf(settings.get('manager.playerRetention'));
  const names = ownNames(settings);
  const options = { paths, clock, log, names, listens: () => listens, retention, playerRetention };
  const core = await openCore(options, endings);
  const { store, authority, live, hub, gateway, onAgent } = core;
  let isStopping = false;
  const door = createDoor({
    ...core,
    call: gateway.handle,
    health: () => ({ status: isStopping ? 'draining' : 'ok', hostsOnline: hub.online() }),
    identify: createIdentify({ db: store.db, clock }),
    clock,
    log,
  });
  endings.push(() => door.close(graceMs));
  listens = await door.listenTls(listenAddress(settings.get('manager.listen')));
  const url = urlOf(listens[0] ?? '');
  const socket = managerSocket(paths);
  await door.listenSocket(socket);
  listens = [...listens, socket];
  return {
    url,
    fingerprint: authority.fingerprint,
    attachLocalAgent(name) {
      const onLocal = (wire: Wire, agent: AgentIdentity): void => onAgent(wire, agent, 'local');
      return attachLocalHost(name, { db: store.db, live, clock, onAgent: onLocal });
    },
    async stop() {
      isStopping = true;
      await stop();
    },
  };
}

/** `:8443`, `127.0.0.1:8443` or `[::1]:8443`, which the settings have checked. */
function listenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? undefined : host, port: Number(text.slice(colon + 1)) };
}

function urlOf(listens: string): string {
  const { host, port } = listenAddress(listens);
  const isEverywhere = host === undefined || host === '0.0.0.0' || host === '::';
  return `https://${isEverywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** `7d` or `forever`, which the settings have checked. */
function retentionOf(text: string): KeepDeleted {
  return text === 'forever' ? text : Math.round((parseSpan(text) ?? 0) / 1000);
}

/** Names of the manager that this machine does not know by itself. */
function ownNames(settings: Settings): readonly string[] {
  const url = settings.find('manager.url');
  const names = settings.get('manager.names').split(',');
  const all = url === undefined ? names : [...names, new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')];
  return all.filter((name) => name.trim() !== '');
}
