import type { DesiredServer, ObservedServer, ServerState } from './entities/server.ts';

/** What a server's state is derived from. */
export interface StateEvidence {
  readonly desired: Pick<DesiredServer, 'power' | 'deleted'>;
  /** Absent when the host has never spoken of this server. */
  readonly observed: ObservedServer | undefined;
  readonly hostOnline: boolean;
}

/** The word for a server's state, and what more is known about it. */
export interface DerivedState {
  readonly state: ServerState;
  readonly detail?: string;
}

/** Derives the state shown for a server. The only place that decides it; nothing stores the result. */
export function deriveState({ desired, observed, hostOnline }: StateEvidence): DerivedState {
  if (desired.deleted && observed?.activity === undefined) return deletedState(observed, hostOnline);
  if (!hostOnline) return { state: 'unknown', detail: 'host offline' };
  if (!observed) return desired.deleted ? { state: 'deleted' } : { state: 'unknown', detail: 'no word yet' };
  if (observed.blind !== undefined) return { state: 'unknown', detail: observed.blind };
  const { activity } = observed;
  // Work that waits for its time, such as a countdown in the game, has changed nothing yet.
  if (activity?.waiting) return { ...fromContainer(desired, observed), detail: activity.step };
  return (
    fromActivity(observed) ?? (desired.deleted ? deletedState(observed, hostOnline) : fromContainer(desired, observed))
  );
}

/** A deleted server has no container to speak of; what matters is whether its world is still there. */
function deletedState(observed: ObservedServer | undefined, hostOnline: boolean): DerivedState {
  const isKnown = hostOnline && observed?.blind === undefined;
  if (isKnown && observed?.container) return { state: 'deleted', detail: 'its container is still there' };
  if (isKnown && observed?.data === 'missing') return { state: 'deleted', detail: 'no world is there' };
  return { state: 'deleted' };
}

function fromActivity(observed: ObservedServer): DerivedState | undefined {
  const { activity, container } = observed;
  if (!activity) return undefined;
  const percent = activity.percent === undefined ? '' : ` ${Math.round(activity.percent)} %`;
  const detail = `${activity.step}${percent}`;
  switch (activity.subject) {
    case 'server.create':
    case 'server.retry':
    case 'server.adopt':
      return { state: activity.step.startsWith('pulling') ? 'pulling' : 'creating', detail };
    case 'server.restore':
      return { state: 'creating', detail };
    case 'server.purge':
      return { state: 'deleted', detail };
    case 'server.clone':
      return { state: 'creating', detail };
    case 'server.move':
      // It runs on while most of it is copied.
      return container?.status === 'running' ? undefined : { state: 'restarting', detail };
    case 'server.start':
      return { state: 'starting', detail };
    case 'server.stop':
    case 'server.delete':
    case 'server.kill':
      return { state: 'stopping', detail };
    case 'server.rebuild':
      // The old container runs on while the new one is prepared.
      return { state: isReady(observed) ? 'ready' : 'restarting', detail };
    case 'server.restart':
      return { state: 'restarting', detail };
    default:
      return undefined;
  }
}

function isReady({ container, readyAt }: ObservedServer): boolean {
  return container?.status === 'running' && readyAt !== undefined;
}

function fromContainer(desired: StateEvidence['desired'], observed: ObservedServer): DerivedState {
  const { container, failure, conflict } = observed;
  if (conflict) {
    const detail = `${conflict.length} containers say they are this server: ${conflict.join(', ')}; none is touched`;
    return { state: 'failed', detail };
  }
  if (!container) {
    // Without a word on its world nobody has looked: an agent that has just started says so for a moment.
    if (observed.data === undefined) return { state: 'unknown', detail: 'its host has not looked yet' };
    if (failure) return { state: 'failed', detail: failure.message };
    return observed.data === 'missing'
      ? { state: 'lost', detail: 'neither container nor world' }
      : { state: 'missing', detail: 'the world is there, the container is not' };
  }
  switch (container.status) {
    case 'running':
      if (observed.readyAt !== undefined) return { state: 'ready' };
      return { state: 'starting', ...(observed.phase === undefined ? {} : { detail: observed.phase }) };
    case 'paused':
      return { state: 'paused' };
    case 'restarting':
      return { state: 'restarting' };
    default:
      return fromExit(desired, observed);
  }
}

function fromExit(desired: StateEvidence['desired'], observed: ObservedServer): DerivedState {
  const { container, failure } = observed;
  // One that was only made has never ended: the last exit is that of another before it.
  const lastExit = container?.status === 'created' ? undefined : observed.lastExit;
  if (lastExit && !lastExit.expected) {
    const code = lastExit.oomKilled ? 'out of memory' : `exit code ${lastExit.exitCode ?? 'unknown'}`;
    const cause = lastExit.crash?.reason ?? code;
    return { state: 'crashed', detail: `${cause}${afterwards(observed)}` };
  }
  if (failure && desired.power === 'on') return { state: 'failed', detail: failure.message };
  return { state: 'stopped' };
}

/** What becomes of a crashed server. */
function afterwards({ name, restartAt, breaker }: ObservedServer): string {
  if (breaker) return `; gave up after ${breaker.crashes} crashes in ${breaker.minutes} min: zedops start ${name}`;
  return restartAt === undefined ? '' : `, starts again at ${restartAt}`;
}
