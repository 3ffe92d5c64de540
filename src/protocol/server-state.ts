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
  if (desired.deleted && observed?.activity === undefined) return { state: 'deleted' };
  if (!hostOnline) return { state: 'unknown', detail: 'host offline' };
  if (!observed) return desired.deleted ? { state: 'deleted' } : { state: 'unknown', detail: 'no word yet' };
  if (observed.blind !== undefined) return { state: 'unknown', detail: observed.blind };
  return fromActivity(observed) ?? fromContainer(desired, observed);
}

function fromActivity(observed: ObservedServer): DerivedState | undefined {
  const { activity } = observed;
  if (!activity) return undefined;
  const percent = activity.percent === undefined ? '' : ` ${Math.round(activity.percent)} %`;
  const detail = `${activity.step}${percent}`;
  switch (activity.subject) {
    case 'server.create':
      return { state: activity.step.startsWith('pulling') ? 'pulling' : 'creating', detail };
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
  const { container, failure } = observed;
  if (!container) {
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
  const { lastExit, failure } = observed;
  if (lastExit && !lastExit.expected) {
    const cause = lastExit.oomKilled ? 'out of memory' : `exit code ${lastExit.exitCode ?? 'unknown'}`;
    const again = observed.restartAt === undefined ? '' : `, starts again at ${observed.restartAt}`;
    return { state: 'crashed', detail: `${cause}${again}` };
  }
  if (failure && desired.power === 'on') return { state: 'failed', detail: failure.message };
  return { state: 'stopped' };
}
