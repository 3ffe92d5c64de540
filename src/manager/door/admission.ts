import type { Socket } from 'node:net';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Identity } from '../people/identity.ts';
import { addressGroup, plainAddress } from './address.ts';
import type { DoorLimits } from './limits.ts';
import type { Live, LiveKey } from './live.ts';

/** Says who finds room at the door. */
export interface Admission {
  /** Lets no request and no connection in any more. */
  drain(): void;
  /**
   * Takes a place among the requests of an address; the returned function gives it back.
   * @throws ZedopsError UNREACHABLE where there is none, or the manager is stopping.
   */
  beginRequest(from: string): () => void;
  /** Takes a place for a connection that has just arrived, until it closes; says whether there was one. */
  arrive(socket: Socket): boolean;
  /** Gives the place of an arrival back, because the connection is let in for good and counted otherwise from now on. */
  settle(socket: Socket): void;
  /**
   * Makes sure that there is room for one more connection of this identity from this address; returns what it counts as.
   * @throws ZedopsError UNREACHABLE
   */
  counted(identity: string, most: number, from: string): readonly string[];
}

/** Makes the admission. What it counts itself lives in memory, with one entry for each address that is here now. */
export function createAdmission(limits: DoorLimits, live: Pick<Live, 'count'>): Admission {
  const requests = createCounts();
  const arrivals = createCounts();
  // By the other end, because a TLS socket is not the socket that arrived.
  const arrived = new Map<string, () => void>();
  let draining = false;
  return {
    drain() {
      draining = true;
    },
    beginRequest(from) {
      if (draining) throw new ZedopsError('UNREACHABLE', 'The manager is stopping', { hint: 'try again in a moment' });
      const done = requests.take(addressGroup(from), limits.requestsPerAddress);
      if (done) return done;
      throw tooMany(`${limits.requestsPerAddress} requests from ${from} are under way`, 'wait for some to end');
    },
    arrive(socket) {
      const leave = arrivals.take(addressGroup(plainAddress(socket.remoteAddress)), limits.arrivalsPerAddress);
      if (!leave) return false;
      const end = endOf(socket);
      arrived.set(end, leave);
      socket.once('close', () => {
        leave();
        arrived.delete(end);
      });
      return true;
    },
    settle: (socket) => arrived.get(endOf(socket))?.(),
    counted(identity, most, from) {
      const byIdentity = `identity ${identity}`;
      const byAddress = `address ${addressGroup(from)}`;
      if (live.count(byIdentity) >= most) {
        throw tooMany(`You have ${most} connections to the manager`, 'close some, such as terminals that follow a log');
      }
      if (live.count(byAddress) >= limits.wiresPerAddress) {
        throw tooMany(`There are ${limits.wiresPerAddress} connections from ${from}`, 'close some of them');
      }
      return [byIdentity, byAddress];
    },
  };
}

/** By what a person's connection, or a call of theirs that lasts, is cut. */
export function liveKeys({ personId, sessionId, tokenId }: Identity): readonly LiveKey[] {
  return [
    ...(personId === undefined ? [] : [`person:${personId}` as const]),
    ...(sessionId === undefined ? [] : [`session:${sessionId}` as const]),
    ...(tokenId === undefined ? [] : [`token:${tokenId}` as const]),
  ];
}

/** What someone with a token that is not, or no more, good is told: in the same words whatever is wrong with it. */
export function unknownToken(): ZedopsError {
  return new ZedopsError(
    'UNAUTHENTICATED',
    'The manager does not know this token: it expired, was revoked, or never was',
    {
      hint: 'zedops login',
    },
  );
}

/** What someone is told who did not say who they are. */
export function missingToken(): ZedopsError {
  return new ZedopsError('UNAUTHENTICATED', 'The manager has to know who asks: there was no token', {
    hint: 'zedops login, or set ZEDOPS_TOKEN',
  });
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function tooMany(what: string, hint: string): ZedopsError {
  return new ZedopsError('UNREACHABLE', `${what}, which is as many as there may be`, { hint });
}

function createCounts(): { take(key: string, most: number): (() => void) | undefined } {
  const counts = new Map<string, number>();
  return {
    take(key, most) {
      const before = counts.get(key) ?? 0;
      if (before >= most) return undefined;
      counts.set(key, before + 1);
      let taken = true;
      return () => {
        if (!taken) return;
        taken = false;
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
