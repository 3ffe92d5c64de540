import { systemClock } from '../platform/clock.ts';
import { systemErrorCode } from '../platform/files/atomic-file.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { flushed, processIo } from './io.ts';
import { runCommandLine } from './program.ts';

/** Runs the command line of this process and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo();
  const interrupted = new AbortController();
  let isUnread = false;
  // Whoever reads stdout may leave when they have seen enough, as `head` does: that is no failure.
  io.stdout.on('error', (error) => {
    // A terminal that is gone says EIO.
    if (!['EPIPE', 'EIO'].includes(systemErrorCode(error) ?? '')) throw error;
    isUnread = true;
    interrupted.abort();
  });
  io.stderr.on('error', () => undefined);
  const onSignal = (): void => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new ZedopsError('CANCELLED', 'Interrupted'));
  };
  // Timers of the clock keep no process alive, and between two tries to connect there is nothing else.
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  const exitCode = await runCommandLine(argv, {
    io,
    clock: systemClock,
    uid: process.getuid?.() ?? 0,
    interruption() {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
      return interrupted.signal;
    },
  });
  clearInterval(keepAlive);
  if (!isUnread) await flushed(io.stdout);
  process.exit(isUnread ? 0 : exitCode);
}
