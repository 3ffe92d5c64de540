import { type Clock, pause } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { RconSessions } from '../rcon/sessions.ts';
import { rconTarget } from '../rcon/target.ts';
import type { ConsoleWatch } from '../servers/console.ts';
import type { Doing } from '../servers/lifecycle.ts';

/** What {@link saveRunning} needs. */
export interface SaveDeps {
  readonly console: Pick<ConsoleWatch, 'onSaved'>;
  readonly rcon: Pick<RconSessions, 'command'>;
  readonly clock: Clock;
}

const commandMs = 30_000;
/** Build 41 says when it takes a save and not when the save has ended. */
const confirmMs = 60_000;

/**
 * Has a running game save its world, and waits until its log says that the save has ended, for a minute at most.
 * @throws ZedopsError CONFLICT where the game cannot be asked.
 */
export async function saveRunning(
  { console, rcon, clock }: SaveDeps,
  server: DesiredServer,
  { report, signal }: Doing,
): Promise<void> {
  if (!rconTarget(server)) {
    throw new ZedopsError('CONFLICT', `${server.name} cannot be asked to save: it has no RCON`, {
      hint: `zedops server stop ${server.name}`,
    });
  }
  report({ step: `saving the world of ${server.name}` });
  const over = new AbortController();
  let unlisten = (): void => undefined;
  try {
    // Listening begins before the command goes out: a small world is saved before its answer comes back.
    const confirmed = new Promise<'confirmed'>((resolve) => {
      unlisten = console.onSaved(server.id, () => resolve('confirmed'));
    });
    await rcon.command(server, 'save', { timeoutMs: commandMs, signal, urgent: true });
    const silent = pause(clock, confirmMs, AbortSignal.any([signal, over.signal])).then(() => 'silent' as const);
    const outcome = await Promise.race([confirmed, silent]);
    signal.throwIfAborted();
    report({
      step:
        outcome === 'confirmed' ? 'the save was confirmed' : 'the game took the save, and did not say when it ended',
    });
  } finally {
    over.abort();
    unlisten();
  }
}
