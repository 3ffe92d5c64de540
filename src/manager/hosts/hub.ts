import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { systemHello, systemPing } from '../../protocol/operations/system.ts';
import { createPeer, type Incoming, type Peer } from '../../protocol/peer.ts';
import { type CloseReason, closeCodes, type Wire } from '../../protocol/wire.ts';
import { answerGreeting, type Hello, ownHello, readHello } from '../door/greeting.ts';
import type { HostRecord } from '../store/hosts.ts';
import type { AgentIdentity } from './enrolment.ts';

/** The connection of a host that is online. A host that comes back has another one. */
export interface HostLink {
  readonly hostId: string;
  readonly hostName: string;
  readonly request: Peer['request'];
  /** Resolves when this connection is over. */
  readonly closed: Promise<CloseReason>;
  /** Says whether the agent answers an operation. */
  knows(subject: string): boolean;
}

/** The hosts that are connected now. What is known of a connection belongs to it and goes with it. */
export interface Hub {
  /** Greets a connection of a host; from its hello on it is the host's only one. */
  attach(wire: Wire, agent: AgentIdentity, serve: (incoming: Incoming) => Promise<unknown>): void;
  find(hostId: string): HostLink | undefined;
  /** @throws ZedopsError UNREACHABLE, saying since when it is offline. */
  get(host: Pick<HostRecord, 'id' | 'name' | 'state' | 'lastSeenAt'>): HostLink;
  /** The last round trip in milliseconds; undefined where there was none on this connection. */
  latencyMs(hostId: string): number | undefined;
  /** When it was last heard, in milliseconds since 1970; undefined where it has not been since this manager started. */
  lastSeen(hostId: string): number | undefined;
  online(): number;
  /** The connections of all hosts that are online. */
  links(): readonly HostLink[];
  /** Tells when a host comes online or goes offline; the returned function takes that back. */
  onPresence(listener: (hostId: string, isOnline: boolean) => void): () => void;
  /** Ends every connection, and resolves when all have ended. */
  close(): Promise<void>;
}

/** What {@link createHub} is made of. */
export interface HubDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Begins to mirror a host that has just come online, until the signal aborts. */
  readonly onOnline: (link: HostLink, signal: AbortSignal) => void;
  /** Told now and then while a host is online, and at the end. */
  readonly onSeen: (hostId: string, at: number) => void;
}

interface Session {
  readonly agent: AgentIdentity;
  readonly peer: Peer;
  readonly link: HostLink;
  readonly ended: AbortController;
  stop: () => void;
  latencyMs: number | undefined;
  isMeasuring: boolean;
}

const helloMs = 30_000;
const pingEveryMs = 15_000;
const seenEveryPings = 4;

/** Makes the hub. */
export function createHub({ clock, log, onOnline, onSeen }: HubDeps): Hub {
  const sessions = new Map<string, Session>();
  const open = new Set<Session>();
  const lastSeen = new Map<string, number>();
  const listeners = new Set<(hostId: string, isOnline: boolean) => void>();

  const tell = (hostId: string, isOnline: boolean): void => {
    for (const listener of [...listeners]) listener(hostId, isOnline);
  };

  const measure = async (session: Session): Promise<void> => {
    if (session.isMeasuring) return;
    session.isMeasuring = true;
    const begun = performance.now();
    try {
      await session.peer.request(systemPing, {}, { signal: session.ended.signal });
      session.latencyMs = performance.now() - begun;
      lastSeen.set(session.link.hostId, clock.now());
    } catch (error) {
      session.latencyMs = undefined;
      if (!session.ended.signal.aborted) log.debug({ host: session.link.hostName, error: asError(error) }, 'no ping');
    } finally {
      session.isMeasuring = false;
    }
  };

  const begin = (session: Session, hello: Hello): void => {
    const { hostId, hostName } = session.link;
    const before = sessions.get(hostId);
    if (before === session) return;
    sessions.set(hostId, session);
    lastSeen.set(hostId, clock.now());
    before?.peer.close(closeCodes.replaced, 'a newer connection of this host took its place');
    log.info({ host: hostName, version: hello.version, replaced: before !== undefined }, 'a host is online');
    onSeen(hostId, clock.now());
    let pings = 0;
    session.stop();
    session.stop = clock.every(pingEveryMs, () => {
      pings += 1;
      void measure(session);
      if (pings % seenEveryPings === 0) onSeen(hostId, clock.now());
    });
    void measure(session);
    onOnline(session.link, session.ended.signal);
    tell(hostId, true);
  };

  const end = (session: Session, { code, reason }: CloseReason): void => {
    const { hostId, hostName } = session.link;
    session.stop();
    session.ended.abort();
    open.delete(session);
    // By now the host may have another connection, which this end is none of.
    if (sessions.get(hostId) !== session) return;
    sessions.delete(hostId);
    lastSeen.set(hostId, clock.now());
    log.info({ host: hostName, code, reason }, 'a host is offline');
    onSeen(hostId, clock.now());
    tell(hostId, false);
  };

  return {
    attach(wire, agent, serve) {
      let subjects: ReadonlySet<string> = new Set();
      // The first frames may be there before the session is.
      const made = Promise.withResolvers<Session>();
      const answer = async (incoming: Incoming): Promise<unknown> => {
        const session = await made.promise;
        if (incoming.subject === systemHello.subject) {
          const hello = readHello(incoming.data);
          subjects = new Set(hello.subjects);
          begin(session, hello);
          return ownHello();
        }
        const greeting = answerGreeting(incoming.subject, incoming.data, clock);
        if (greeting !== undefined) return greeting;
        if (sessions.get(agent.host.id) === session) return serve(incoming);
        throw new ZedopsError('CONFLICT', 'This connection has not said hello, or a newer one took its place');
      };
      const peer = createPeer({
        wire,
        serve: answer,
        onBug: (error, id) => log.error({ id, host: agent.host.name, error: asError(error) }, 'a request failed'),
      });
      const link: HostLink = {
        hostId: agent.host.id,
        hostName: agent.host.name,
        request: peer.request,
        closed: peer.closed,
        knows: (subject) => subjects.has(subject),
      };
      const session: Session = {
        agent,
        peer,
        link,
        ended: new AbortController(),
        stop: clock.after(helloMs, () => peer.close(closeCodes.unanswered, 'no hello came')),
        latencyMs: undefined,
        isMeasuring: false,
      };
      open.add(session);
      made.resolve(session);
      void peer.closed.then((reason) => end(session, reason));
    },
    find: (hostId) => sessions.get(hostId)?.link,
    get(host) {
      const link = sessions.get(host.id)?.link;
      if (link) return link;
      throw offline(host, lastSeen.get(host.id) ?? host.lastSeenAt);
    },
    latencyMs: (hostId) => sessions.get(hostId)?.latencyMs,
    lastSeen: (hostId) => lastSeen.get(hostId),
    online: () => sessions.size,
    links: () => [...sessions.values()].map(({ link }) => link),
    onPresence(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      const ending = [...open];
      for (const { peer } of ending) peer.close(closeCodes.goingAway, 'the manager is stopping');
      await Promise.all(ending.map(({ peer }) => peer.closed));
    },
  };
}

function offline({ name, state }: Pick<HostRecord, 'name' | 'state'>, since: number | undefined): ZedopsError {
  if (state === 'revoked') {
    return new ZedopsError('UNREACHABLE', `${name} was revoked and does not connect any more`, {
      hint: `to let it in again: zedops host invite ${name}`,
    });
  }
  if (state === 'invited' || since === undefined) {
    return new ZedopsError('UNREACHABLE', `${name} has not connected yet`, {
      hint: 'run zedops agent on that host',
    });
  }
  return new ZedopsError('UNREACHABLE', `${name} is offline since ${isoTime(since)}`, {
    hint: 'look on that host whether zedops agent runs; its servers run on meanwhile',
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
