import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Wire } from '../../protocol/wire.ts';
import type { AgentIdentity, Enrolment } from '../hosts/enrolment.ts';
import type { Identity } from '../people/identity.ts';
import type { Authority } from '../trust/authority.ts';
import type { ServerCertificateKeeper } from '../trust/server-certificate.ts';
import { createAdmission } from './admission.ts';
import { createCalls } from './calls.ts';
import { createConnections, lastWordsMs } from './connections.ts';
import { createHttp } from './http.ts';
import type { Identify } from './identify.ts';
import { type DoorLimits, defaultLimits } from './limits.ts';
import { createSocketListener, createTlsListener, type Listener, listenAt } from './listener.ts';
import type { Live } from './live.ts';
import { listenOnOwnerSocket } from './owner-socket.ts';
import { createUpgrade } from './upgrade.ts';

/** Who asks: known, or nobody yet. */
export interface Asker {
  readonly identity: Identity | undefined;
  /** The address they come from; `socket` for the local socket. */
  readonly from: string;
}

/** What comes with an operation that is called over HTTP. */
export interface Call {
  readonly asker: Asker;
  /** The request's id: the asker's own, or a new one. */
  readonly id: string;
  /** Aborted when the asker is gone, or was revoked. */
  readonly signal: AbortSignal;
  /** Set where the asker wants progress too (`Accept: application/x-ndjson`). */
  readonly progress?: (data: unknown) => void;
}

/** One operation called over HTTP. Resolves with the reply. @throws ZedopsError */
export type CallOperation = (subject: string, data: unknown, call: Call) => Promise<unknown>;

/** What `GET /healthz` tells anyone. */
export interface Health {
  readonly status: 'ok' | 'draining';
  readonly [fact: string]: string | number;
}

/** What {@link createDoor} is made of. */
export interface DoorOptions {
  readonly call: CallOperation;
  /** A person's connection was accepted. */
  readonly onClient: (wire: Wire, asker: Asker) => void;
  /** A host's connection was accepted. */
  readonly onAgent: (wire: Wire, agent: AgentIdentity, from: string) => void;
  readonly health: () => Health;
  readonly authority: Pick<Authority, 'certificate'>;
  readonly certificate: Pick<ServerCertificateKeeper, 'current' | 'onRenewed'>;
  readonly identify: Identify;
  readonly enrolment: Pick<Enrolment, 'authenticate'>;
  readonly live: Pick<Live, 'approach' | 'count'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the {@link defaultLimits} do not fit. */
  readonly limits?: Partial<DoorLimits> | undefined;
}

/** Where to listen; without a host, on all addresses. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** The manager's door: where people and hosts come in. */
export interface Door {
  /** Listens for TLS; resolves with what it listens on, such as `0.0.0.0:8443`. @throws ZedopsError CONFLICT, FORBIDDEN */
  listenTls(address: ListenAddress): Promise<readonly string[]>;
  /** Listens on a Unix socket for the owner of the manager's folder. @throws ZedopsError CONFLICT for a live one. */
  listenSocket(path: string): Promise<void>;
  /** Lets nobody in any more, waits up to `graceMs` for calls under way, and then ends what is left. */
  close(graceMs: number): Promise<void>;
}

/** Makes the door; nothing listens yet. */
export function createDoor(options: DoorOptions): Door {
  const limits = { ...defaultLimits, ...options.limits };
  const { clock, live } = options;
  const admission = createAdmission(limits, live);
  const connections = createConnections(clock, limits.queuedBytes);
  const calls = createCalls(options.call, clock);
  const http = createHttp({ ...options, admission, calls, limits });
  const upgrade = createUpgrade({ ...options, admission, connections, limits });
  const deps = { ...options, http, upgrade, admission, limits };
  const listeners: Listener[] = [];
  const removals: (() => Promise<void>)[] = [];
  return {
    async listenTls(address) {
      const listener = createTlsListener(deps);
      const bound = await listenAt(listener.server, address);
      listeners.push(listener);
      return bound;
    },
    async listenSocket(path) {
      const listener = createSocketListener(deps);
      removals.push(await listenOnOwnerSocket(listener.server, path));
      listeners.push(listener);
    },
    async close(graceMs) {
      admission.drain();
      const closed = Promise.all(listeners.map((listener) => listener.close()));
      for (const remove of removals.splice(0)) await remove();
      connections.leave();
      if (await isDoneWithin(clock, graceMs, closed)) return;
      calls.end(new ZedopsError('UNREACHABLE', 'The manager is stopping', { hint: 'try again in a moment' }));
      if (await isDoneWithin(clock, lastWordsMs, closed)) return;
      for (const listener of listeners) listener.destroy();
      await closed;
    },
  };
}

async function isDoneWithin(clock: Clock, ms: number, task: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const takeBack = clock.after(ms, () => late.resolve(false));
  const done = await Promise.race([task.then(() => true), late.promise]);
  takeBack();
  return done;
}
