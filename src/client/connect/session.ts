import type { Clock } from '../../platform/clock.ts';
import { dial } from '../../platform/network/dial.ts';
import type { ManagerRoute } from '../../platform/network/pinned-https.ts';
import { programVersion } from '../../platform/program-version.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { systemHello, systemPing } from '../../protocol/operations/system.ts';
import { createPeer, type Incoming, type Peer } from '../../protocol/peer.ts';
import { protocolVersion } from '../../protocol/version.ts';
import { closeCodes, type Wire } from '../../protocol/wire.ts';

/** A connection to a manager over which requests are made. */
export interface Session {
  readonly peer: Peer;
  /** Why the connection ended; undefined while it stands. */
  lost(): ZedopsError | undefined;
  close(): void;
}

/** What {@link openSession} needs. */
export interface SessionOptions {
  readonly route: ManagerRoute;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Dials a manager as a person. @throws ZedopsError UNREACHABLE, or the manager's own refusal. */
export async function openSession({ route, clock, signal }: SessionOptions): Promise<Session> {
  const outcome = await dial({ path: '/client', route, clock, signal });
  if ('rejected' in outcome) throw outcome.rejected;
  return createSession(outcome.wire, clock);
}

/** Makes a session of a wire that is open. */
export function createSession(wire: Wire, clock: Clock): Session {
  const peer = createPeer({ wire, serve: (incoming) => Promise.resolve(serve(incoming, clock)), maxServed: 8 });
  let ended: ZedopsError | undefined;
  peer.closed.then(({ code, reason }) => {
    ended =
      code === closeCodes.rejected
        ? new ZedopsError('UNAUTHENTICATED', `The manager ended the session: ${reason || 'no reason given'}`, {
            hint: 'zedops login',
          })
        : new ZedopsError('UNREACHABLE', `The connection to the manager closed: ${reason || `code ${code}`}`);
  });
  return { peer, lost: () => ended, close: () => peer.close(closeCodes.normal, 'done') };
}

/** The little that a manager may ask of a client. */
function serve({ subject }: Incoming, clock: Clock): unknown {
  if (subject === systemPing.subject) return { clock: new Date(clock.now()).toISOString() };
  if (subject === systemHello.subject) return { protocol: protocolVersion, version: programVersion, subjects: [] };
  throw new ZedopsError('UNSUPPORTED', `A client does not answer ${subject}`);
}
