import type { ServerLog } from '../server-log.ts';
import type { LogArchive } from './archive.ts';

/** What {@link fillArchive} needs. */
export interface ArchiveFill {
  readonly archive: Pick<LogArchive, 'last' | 'add' | 'waiting' | 'flush'>;
  readonly serverLog: Pick<ServerLog, 'numbering' | 'read'>;
  readonly signal: AbortSignal;
}

/** Lines that are read back at most: a host that dies leaves some seconds of them. */
const mostLines = 100_000;
/** Characters that may wait while more are read. */
const muchWaiting = 1024 * 1024;

/**
 * Puts lines into an archive that have a number and are not in it, because the agent was killed between the two: from the
 * engine's log, as far as that has them. Only before anything new is added, which must come after them.
 */
export async function fillArchive({ archive, serverLog, signal }: ArchiveFill): Promise<void> {
  const { stream, next } = serverLog.numbering;
  const through = next() - 1;
  const last = archive.last(stream);
  if (last === undefined || last >= through) return;
  const seq = Math.max(last, through - mostLines);
  await serverLog.read({ follow: false, after: { stream, seq }, through, signal }, async (item) => {
    if (item.kind !== 'lines') return;
    archive.add(item);
    if (archive.waiting() > muchWaiting) await archive.flush(item.first + item.count - 1);
  });
  await archive.flush(through);
}
