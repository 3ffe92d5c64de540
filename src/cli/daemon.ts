import type { Log } from '../platform/log.ts';
import type { Shutdown } from '../platform/shutdown.ts';
import type { Context } from './command.ts';

/** What manager and agent are given when they run in the foreground. */
export interface Daemon {
  readonly log: Log;
  readonly shutdown: Shutdown;
}

/** Milliseconds from the signal until a daemon ends whether it is done or not. */
const deadlineMs = 30_000;

/** Makes log and shutdown of a room that runs until SIGTERM. */
export async function createDaemon(context: Context): Promise<Daemon> {
  const [{ createLog, logLevels }, { createShutdown }] = await Promise.all([
    import('../platform/log.ts'),
    import('../platform/shutdown.ts'),
  ]);
  const wanted = context.settings().get('log.level');
  const log = createLog(logLevels.find((level) => level === wanted) ?? 'info', {
    write: (line) => void context.io.stderr.write(line),
  });
  const shutdown = createShutdown({
    deadlineMs,
    onProblem: (task, error) =>
      log.error({ task, error: error instanceof Error ? error : undefined }, 'ending did not go well'),
  });
  return { log, shutdown };
}
