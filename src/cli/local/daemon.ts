import type { Log, LogLevel } from '../../platform/log.ts';
import type { Shutdown } from '../../platform/shutdown.ts';
import type { Context } from '../grammar/command.ts';

/** What manager and agent are given when they run in the foreground. */
export interface Daemon {
  readonly log: Log;
  readonly shutdown: Shutdown;
}

/** Milliseconds from the signal until a daemon ends whether it is done or not. */
const deadlineMs = 30_000;

/**
 * Makes log and shutdown of a room that runs until SIGTERM. `usually` is the level where nobody has set one.
 */
export async function createDaemon(context: Context, usually?: LogLevel): Promise<Daemon> {
  const [{ createLog, logLevels }, { createShutdown }] = await Promise.all([
    import('../../platform/log.ts'),
    import('../../platform/shutdown.ts'),
  ]);
  const setting = context
    .settings()
    .all()
    .find(({ name }) => name === 'log.level');
  const wanted = setting?.origin === 'default' ? (usually ?? setting.value) : setting?.value;
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
