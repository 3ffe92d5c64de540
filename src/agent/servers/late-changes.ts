import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Looker } from './looker.ts';
import { isUp } from './standing.ts';

/** What {@link createLateChanges} needs. */
export interface LateChangesDeps {
  readonly looker: Pick<Looker, 'look'>;
  /** Rebuilds a server as a job of this agent's own. */
  readonly rebuild: (server: DesiredServer) => Promise<unknown>;
  readonly log: Log;
}

/**
 * Makes what looks at a server whose desired state is news, and rebuilds it where it runs with settings that were changed,
 * to take effect at once, while this host was away. One that does not run gets them at its next start.
 */
export function createLateChanges({ looker, rebuild, log }: LateChangesDeps): (server: DesiredServer) => Promise<void> {
  return async (server) => {
    const container = await looker.look(server);
    const { applyRevision, power, deleted } = server;
    if (applyRevision === undefined || power === 'off' || deleted) return;
    if (!container || !isUp(container) || (container.revision ?? applyRevision) >= applyRevision) return;
    log.info({ server: server.name }, 'rebuilding a server that was edited while this host was away');
    try {
      await rebuild(server);
    } catch (error) {
      // The job has the cause; the next start or rebuild tries again.
      const why = error instanceof ZedopsError ? error.message : 'see the job';
      log.warn({ server: server.name, why }, 'a server that was edited meanwhile could not be rebuilt');
    }
  };
}
