import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createAdmission } from './admission.ts';
import { createCalls } from './calls.ts';
import { createConnections, lastWordsMs } from './connections.ts';
import type { DoorOptions, ListenAddress } from './door-options.ts';
import { createHttp } from './http.ts';
import { defaultLimits } from './limits.ts';
import { createSocketListener, createTlsListener, type Listener, listenAt } from './listener.ts';
import { listenOnOwnerSocket } from './owner-socket.ts';
import { createUpgrade } from './upgrade.ts';

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
