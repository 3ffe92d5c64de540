import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ConsoleWatch } from './console.ts';
import type { EvidenceKeeper } from './evidence.ts';
import type { Observer } from './observer.ts';
import { untilObserved } from './until.ts';

/** What {@link waitReady} needs. */
export interface ReadyDeps {
  readonly observer: Observer;
  readonly console: ConsoleWatch;
  readonly clock: Clock;
  readonly evidence: Pick<EvidenceKeeper, 'ask'>;
}

/**
 * A first start may take forty minutes; a server that prints nothing for this long, in minutes, is not starting any more.
 * Images whose games are silent for longer say so themselves.
 */
const usualSilence = 15;
/** How often a step that goes on is told again: whoever waits gives up after two minutes without a word. */
const tellAgainMs = 45_000;
const lookEveryMs = 5_000;
/** A log that grows faster than it can be read hides its own marker; from here on the game is asked too. */
const askAfterMs = 20_000;

/**
 * Waits until a started game takes players, for as long as it goes on printing. Resolves with when that was.
 * @throws ZedopsError CONFLICT when the game exits meanwhile, TIMEOUT where it printed nothing for too long; it runs on.
 */
export async function waitReady(
  { observer, console, clock, evidence }: ReadyDeps,
  server: DesiredServer,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<string> {
  const begun = clock.steady();
  const silentMinutes = server.game.silentMinutes ?? usualSilence;
  let shown: string | undefined;
  let toldAt: number | undefined;
  for (;;) {
    const isNews = (known: ObservedServer): boolean =>
      known.readyAt !== undefined || !isUp(known) || known.phase !== shown;
    await untilObserved(observer, server.id, isNews, { clock, timeoutMs: lookEveryMs, signal });
    if (clock.steady() - begun > askAfterMs && !isReady(observer, server)) await evidence.ask(server);
    const known = observer.find(server.id);
    if (known?.readyAt !== undefined) return known.readyAt;
    if (!known || !isUp(known)) throw exited(server, known, console);
    const deadline = Math.max(begun, console.lastHeard(server.id) ?? 0) + silentMinutes * 60_000;
    if (known.phase !== shown || toldAt === undefined || clock.steady() - toldAt >= tellAgainMs) {
      shown = known.phase;
      toldAt = clock.steady();
      report({
        step: `starting: ${shown ?? 'the game says nothing yet'}`,
        deadlineAt: isoTime(clock.now() + deadline - clock.steady()),
      });
    }
    if (clock.steady() > deadline) throw silent(server, silentMinutes);
  }
}

function isReady(observer: Observer, { id }: DesiredServer): boolean {
  return observer.find(id)?.readyAt !== undefined;
}

function isUp({ container, blind }: ObservedServer): boolean {
  // While the engine does not answer nobody knows; waiting goes on until it does.
  return blind !== undefined || container?.status === 'running' || container?.status === 'paused';
}

function exited(server: DesiredServer, known: ObservedServer | undefined, console: ConsoleWatch): ZedopsError {
  const fatal = console.lastFatal(server.id);
  const code = known?.lastExit?.exitCode ?? known?.container?.exitCode;
  const how = known?.lastExit?.oomKilled === true ? 'ran out of memory' : `exited with code ${code ?? 'unknown'}`;
  const what = fatal === undefined ? '' : `: ${fatal.hint} (${fatal.message})`;
  return new ZedopsError('CONFLICT', `${server.name} ${how} before it was ready${what}`, {
    hint: `zedops logs ${server.name} --tail 50`,
  });
}

function silent(server: DesiredServer, minutes: number): ZedopsError {
  const howLong = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return new ZedopsError('TIMEOUT', `${server.name} runs, but has printed nothing for ${howLong} and is not ready`, {
    hint: `zedops logs ${server.name} --tail 50`,
  });
}
