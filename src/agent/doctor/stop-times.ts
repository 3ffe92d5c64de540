import type { Finding } from '../../protocol/entities/finding.ts';
import type { Job } from '../../protocol/entities/job.ts';
import type { DesiredServer, StopReport } from '../../protocol/entities/server.ts';
import type { KeptContainer } from '../runtime/upkeep.ts';
import { stopReportOf } from '../servers/stop-report.ts';

/** What {@link examineStopTime} looks at. */
export interface StopTimeParts {
  readonly server: DesiredServer;
  /** Newest first. */
  readonly jobs: readonly Pick<Job, 'serverId' | 'state' | 'reply'>[];
  /** The server's container; absent where there is none. */
  readonly container: Pick<KeptContainer, 'stopSeconds'> | undefined;
}

/** A world grows: a stop should have this many times what the longest one took. */
const margin = 1.25;
/** No agent writes a shorter one into a container. */
const leastContainerSeconds = 60;

/**
 * Holds the time that a game gets to save and to exit against what its stops have taken: where it is shorter, the game
 * is killed in the middle of a save. Says nothing of a server that was not stopped yet.
 */
export function examineStopTime({ server, jobs, container }: StopTimeParts): readonly Finding[] {
  const reports = jobs
    .filter(({ serverId, state }) => serverId === server.id && state === 'done')
    .flatMap(({ reply }) => stopReportOf(reply) ?? [])
    .filter(({ ended }) => ended !== 'was-stopped');
  const [newest] = reports;
  if (!newest) return [];
  const check = `stop of ${server.name}`;
  const { stopSeconds } = server.game;
  const longest = Math.max(
    0,
    ...reports.flatMap(({ saveSeconds, quitSeconds }) => [saveSeconds ?? 0, quitSeconds ?? 0]),
  );
  const took = `${Math.ceil(longest)} s`;
  const ofContainer = container?.stopSeconds ?? Number.POSITIVE_INFINITY;
  if (longest > stopSeconds) {
    const message = `a save or exit has taken ${took}, and a stop waits ${stopSeconds} s before it ends the game by force`;
    return [{ check, level: 'fail', message, fix: moreTime(server, longest) }];
  }
  if (wasCutOff(newest)) {
    const message = `its last stop did not see the end of the save, or of the game, within ${stopSeconds} s`;
    return [{ check, level: 'warn', message, fix: moreTime(server, stopSeconds) }];
  }
  if (longest > ofContainer) {
    const message = `a save or exit has taken ${took}, and the engine kills the game ${ofContainer} s after SIGTERM, as at a shutdown of the host`;
    const isMended = longest <= Math.max(leastContainerSeconds, stopSeconds);
    const fix = isMended ? `zedops server rebuild ${server.name}` : moreTime(server, longest);
    return [{ check, level: 'fail', message, fix }];
  }
  if (longest * margin > stopSeconds) {
    const message = `a save or exit has taken ${took} of the ${stopSeconds} s that a stop waits`;
    return [{ check, level: 'warn', message, fix: moreTime(server, longest) }];
  }
  if (longest === 0) return [];
  return [{ check, level: 'ok', message: `a save or exit has taken at most ${took} of ${stopSeconds} s` }];
}

/** A game that was asked and did not do it in time; one that could not be asked says nothing of time. */
function wasCutOff({ saved, ended }: StopReport): boolean {
  return saved === 'no' || (saved !== 'not-asked' && ended !== 'quit');
}

const longestStopSeconds = 3600;

function moreTime({ name, image }: DesiredServer, seconds: number): string {
  const enough = Math.min(longestStopSeconds, Math.ceil((seconds * 2) / 60) * 60);
  return `set stopSeconds: ${enough} in the image template ${image.template} on the manager, then: zedops server edit ${name}`;
}
