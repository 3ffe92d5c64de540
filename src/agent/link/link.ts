import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { createBackoff } from '../../platform/network/backoff.ts';
import { type DialOutcome, dial } from '../../platform/network/dial.ts';
import { programVersion } from '../../platform/program-version.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { operations } from '../../protocol/operations/index.ts';
import { systemHello } from '../../protocol/operations/system.ts';
import { createPeer, type Incoming, type Peer } from '../../protocol/peer.ts';
import { oldestProtocolVersion, protocolVersion } from '../../protocol/version.ts';
import { closeCodes, type Wire } from '../../protocol/wire.ts';
import { type Identity, isDueForRenewal, renewIdentity } from './identity.ts';

/** What keeps an agent connected to its manager. */
export interface LinkOptions {
  readonly folder: string;
  readonly identity: Identity;
  /** Answers what the manager asks, given the peer that asks. */
  readonly serve: (incoming: Incoming, peer: Peer) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const renewCheckMs = 3_600_000;

/**
 * Connects to the manager and serves it, again and again until the signal aborts: an unreachable manager is waited for,
 * for ever.
 * @throws ZedopsError FORBIDDEN when the manager rejects this agent for good; nothing else ends it.
 */
export async function keepLinked(options: LinkOptions): Promise<void> {
  const { clock, log, signal } = options;
  const backoff = createBackoff(() => clock.steady());
  let { identity } = options;
  while (!signal.aborted) {
    try {
      const outcome = await dial({
        path: '/agent',
        route: { address: identity.manager, authority: identity.authority, identity },
        clock,
        signal,
      });
      const begun = clock.steady();
      identity = await serveUntilClosed(options, identity, outcome);
      backoff.stood(clock.steady() - begun);
    } catch (error) {
      if (signal.aborted) return;
      if (isRejection(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      // The first tries are told one by one; a long outage is not worth a line a minute.
      if (backoff.attempts() < 10 || backoff.attempts() % 10 === 0) log.warn({ attempt: backoff.attempts() + 1 }, why);
    }
    await pause(clock, backoff.next(), signal);
  }
}

async function serveUntilClosed(options: LinkOptions, identity: Identity, outcome: DialOutcome): Promise<Identity> {
  const { clock, log, signal } = options;
  if ('rejected' in outcome) throw rejection(outcome.rejected.message);
  let current = identity;
  const peer = await greet(outcome.wire, options.serve, log);
  const leave = (): void => peer.close(closeCodes.goingAway, 'the agent shuts down');
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const renew = async (): Promise<void> => {
    if (!isDueForRenewal(current, clock.now())) return;
    current = await renewIdentity(options.folder, current, peer);
    log.info({ host: current.name }, 'the certificate was renewed');
  };
  const tryRenew = (): void => {
    renew().catch((error) => log.warn({ error }, 'the certificate could not be renewed yet'));
  };
  const stopRenewing = clock.every(renewCheckMs, tryRenew);
  tryRenew();
  log.info({ host: identity.name }, 'connected to the manager');
  const { code, reason } = await peer.closed;
  stopRenewing();
  signal.removeEventListener('abort', leave);
  if (code === closeCodes.rejected) throw rejection(reason);
  if (!signal.aborted) log.warn({ code }, `the connection to the manager closed: ${reason || 'no reason given'}`);
  return current;
}

/** Makes a peer of a wire to the manager and exchanges versions over it. Serves in single-process mode too. */
export async function greet(
  wire: Wire,
  serve: (incoming: Incoming, peer: Peer) => Promise<unknown>,
  log: Log,
): Promise<Peer> {
  const peer: Peer = createPeer({
    wire,
    serve: (incoming) => serve(incoming, peer),
    onBug: (error, id) => log.error({ id, error: error instanceof Error ? error : undefined }, 'a request failed'),
  });
  const hello = await peer.request(systemHello, {
    protocol: protocolVersion,
    version: programVersion,
    subjects: operations.filter((operation) => operation.runsOn === 'agent').map((operation) => operation.subject),
  });
  if (hello.protocol < oldestProtocolVersion) {
    peer.close(closeCodes.normal, 'the manager is too old');
    throw new ZedopsError(
      'UNSUPPORTED',
      `The manager (${hello.version}) is too old for this agent (${programVersion})`,
      {
        hint: 'upgrade the manager first',
      },
    );
  }
  return peer;
}

const rejectionHint = 'invite the host again (zedops host invite) and run zedops agent join';

function rejection(reason: string): ZedopsError {
  return new ZedopsError('FORBIDDEN', `The manager rejected this agent: ${reason}`, { hint: rejectionHint });
}

function isRejection(error: unknown): boolean {
  return error instanceof ZedopsError && error.hint === rejectionHint;
}
