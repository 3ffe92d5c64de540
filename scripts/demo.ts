/**
 * The main job, to look at: a manager, an agent and three simulated servers in a temporary home. On a terminal it leaves
 * you at a prompt; without one it takes a tour that checks every step. Everything it started is gone afterwards.
 */
import { startDemoFleet } from './demo/fleet.ts';
import { leaveAtPrompt } from './demo/prompt.ts';
import { takeTour } from './demo/tour.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupted.abort());
// A terminal that was closed takes nothing any more; what was started is to be taken away all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interrupted.abort());
const interruption = new Promise<never>((_, reject) => {
  interrupted.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
});
interruption.catch(() => undefined);

const fleet = await startDemoFleet(interrupted.signal);
let exitCode = 1;
try {
  await Promise.race([fleet.createServers(['alpha', 'bravo', 'charlie']), interruption]);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    await leaveAtPrompt(fleet);
    exitCode = 0;
  } else {
    exitCode = (await Promise.race([takeTour(fleet), interruption])) ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(
    interrupted.signal.aborted
      ? '\nInterrupted.\n'
      : `\nThe demo failed: ${error instanceof Error ? error.message : error}\n`,
  );
  if (interrupted.signal.aborted) exitCode = 130;
} finally {
  await fleet.dispose();
}
process.exit(exitCode);
