import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, ObservedServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { RconSessions } from '../rcon/sessions.ts';
import { rconTarget } from '../rcon/target.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ConsoleWatch } from './console.ts';
import { isLongLeave, type Leave, type Said, sayFarewell } from './farewell.ts';
import type { Intents } from './intents.ts';
import type { Looker } from './looker.ts';
import type { Observer } from './observer.ts';
import { abortReason, untilObserved } from './until.ts';

/** What {@link stopServer} needs. */
export interface StopDeps {
  readonly runtime: Runtime;
  readonly observer: Observer;
  readonly console: ConsoleWatch;
  readonly looker: Looker;
  readonly intents: Intents;
  readonly rcon: RconSessions;
  readonly clock: Clock;
}

const connectMs = 10_000;
const commandMs = 30_000;
/** For words to players and the question who is online: a countdown does not wait for them. */
const wordMs = 5_000;
/** Build 41 says when it takes a save and not when the save has ended. */
const unconfirmedSaveMs = 10_000;
const signalGraceSeconds = 30;

/**
 * Stops a game without losing its world: save, wait for the log to say that the save has ended, quit, wait for the exit,
 * and only then a signal. Every step is reported and has a deadline. With `leave` the players come first: they are told,
 * or waited for. Cancelling works until `quit` is sent, and those who were told of the stop are told of that too.
 */
export async function stopServer(
  deps: StopDeps,
  server: DesiredServer,
  report: (step: Step) => void,
  signal: AbortSignal,
  leave?: Leave,
): Promise<StopReport> {
  const { looker, intents, clock, runtime, observer } = deps;
  const begun = clock.steady();
  const wasStopped = (said?: Said): StopReport => ({
    state: 'stopped',
    saved: 'was-stopped',
    ended: 'was-stopped',
    seconds: (clock.steady() - begun) / 1000,
    ...(said ? { farewell: said.farewell } : {}),
  });
  let container = await looker.look(server);
  if (!container || !isUp(container.status)) return wasStopped();
  const hasRcon = rconTarget(server) !== undefined;
  const said = leave && isLongLeave(leave) ? await takeLeave(deps, server, hasRcon, report, signal, leave) : undefined;
  if (said) {
    container = await looker.look(server);
    if (!container || !isUp(container.status)) return wasStopped(said);
  }
  const stopBegun = clock.steady();
  const exits = (timeoutMs: number): Promise<boolean> =>
    untilObserved(observer, server.id, (known) => !isRunning(known), { clock, signal: neverAborted(), timeoutMs });
  const { saved, saveSeconds, quitAskedAt } = await saveAndQuit(deps, server, hasRcon, report, signal).catch(
    async (error: unknown) => {
      if (signal.aborted) await said?.takeBack();
      throw error;
    },
  );
  intents.expectExit(server.id);
  let ended: StopReport['ended'] = 'quit';
  const { stopSeconds } = server.game;
  if (quitAskedAt !== undefined) {
    report(within(stopSeconds * 1000, `waiting up to ${stopSeconds} s for the game to exit`, clock));
  }
  if (quitAskedAt === undefined || !(await exits(stopSeconds * 1000))) {
    const isAsked = quitAskedAt !== undefined;
    const why = isAsked ? `the game did not exit within ${stopSeconds} s` : 'RCON could not ask the game to quit';
    report(
      within(signalGraceSeconds * 1000, `${why}; sending SIGTERM, and SIGKILL after ${signalGraceSeconds} s`, clock),
    );
    await runtime.stop(container.id, signalGraceSeconds);
    const after = await looker.look(server);
    // 137 is 128 + SIGKILL: what engines and shells report for it.
    ended = after?.exitCode === 137 ? 'kill' : 'signal';
  }
  const exitedAt = clock.steady();
  await looker.look(server);
  return {
    state: 'stopped',
    saved,
    ended,
    seconds: (clock.steady() - stopBegun) / 1000,
    ...(said ? { farewell: said.farewell } : {}),
    ...(saveSeconds === undefined ? {} : { saveSeconds }),
    ...(ended === 'quit' && quitAskedAt !== undefined ? { quitSeconds: (exitedAt - quitAskedAt) / 1000 } : {}),
  };
}

/** @throws ZedopsError UNSUPPORTED where it would wait for ever, because nobody can be counted. */
async function takeLeave(
  { clock, observer, rcon }: StopDeps,
  server: DesiredServer,
  hasRcon: boolean,
  report: (step: Step) => void,
  signal: AbortSignal,
  leave: Leave,
): Promise<Said> {
  const online = (): number | undefined => {
    const players = observer.find(server.id)?.players;
    // An answer of the game may be a minute old; its files are read at once.
    return players?.by === 'files' ? players.count : undefined;
  };
  if (!hasRcon && online() === undefined && leave.whenEmpty && leave.maxWaitSeconds === undefined) {
    throw new ZedopsError('UNSUPPORTED', `${server.name} has no RCON, so that nobody knows when it is empty`, {
      hint: 'add --max-wait, or leave --when-empty out',
    });
  }
  return sayFarewell(leave, {
    clock,
    report,
    signal,
    ask: async (command) => (await rcon.command(server, command, { timeoutMs: wordMs, urgent: true })).text,
    online,
    gameEnds: (timeoutMs) =>
      untilObserved(observer, server.id, (known) => !isRunning(known), { clock, signal, timeoutMs }),
  });
}

interface Asked {
  readonly saved: StopReport['saved'];
  readonly saveSeconds: number | undefined;
  /** By the steady clock, in milliseconds; absent where the game did not take it. */
  readonly quitAskedAt: number | undefined;
}

async function saveAndQuit(
  deps: StopDeps,
  server: DesiredServer,
  hasRcon: boolean,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<Asked> {
  const notAsked = (why: string): Asked => {
    report({ step: `cannot ask for a save: ${why}` });
    return { saved: 'not-asked', saveSeconds: undefined, quitAskedAt: undefined };
  };
  if (!hasRcon) return notAsked('the server has no RCON, or no password for it');
  try {
    await deps.rcon.ready(server, { timeoutMs: connectMs, signal, urgent: true });
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    return notAsked(messageOf(error));
  }
  const saveBegun = deps.clock.steady();
  const saved = await save(deps, server, report, signal);
  const saveSeconds = saved === 'confirmed' ? (deps.clock.steady() - saveBegun) / 1000 : undefined;
  if (signal.aborted) throw abortReason(signal);
  report(within(commandMs, 'asking the game to quit', deps.clock));
  deps.intents.expectExit(server.id);
  const quitBegun = deps.clock.steady();
  const quitAskedAt = await deps.rcon.command(server, 'quit', { timeoutMs: commandMs, urgent: true }).then(
    () => quitBegun,
    (error: unknown) => {
      const known = deps.observer.find(server.id);
      // It may have ended by itself while it saved.
      if (known && !isRunning(known)) return quitBegun;
      report({ step: `the game did not take "quit": ${messageOf(error)}` });
      return undefined;
    },
  );
  return { saved, saveSeconds, quitAskedAt };
}

async function save(
  { console, observer, clock, rcon }: StopDeps,
  server: DesiredServer,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<StopReport['saved']> {
  let confirmed: () => void = () => undefined;
  const confirmation = new Promise<void>((resolve) => {
    confirmed = resolve;
  });
  // Listening begins before the command goes out: a small world is saved before its answer comes back.
  const unlisten = console.onSaved(server.id, confirmed);
  try {
    report(within(commandMs, 'saving the world', clock));
    await rcon.command(server, 'save', { timeoutMs: commandMs, urgent: true });
    const confirms = observer.find(server.id)?.gameVersion?.startsWith('41') !== true;
    const waitMs = confirms ? server.game.stopSeconds * 1000 : unconfirmedSaveMs;
    report(within(waitMs, 'the game took the save; waiting until its log says it has ended', clock));
    const over = new AbortController();
    const ended = untilObserved(observer, server.id, (known) => !isRunning(known), {
      clock,
      timeoutMs: waitMs,
      signal: AbortSignal.any([signal, over.signal]),
    });
    try {
      const outcome = await Promise.race([
        confirmation.then(() => 'confirmed' as const),
        ended.then((hasExited) => (hasExited ? ('exited' as const) : ('silent' as const))),
      ]);
      report({ step: outcome === 'silent' ? `no word of the end of the save in ${waitMs / 1000} s` : said[outcome] });
      if (outcome === 'confirmed') return 'confirmed';
      return confirms ? 'no' : 'answered';
    } finally {
      over.abort();
      ended.catch(() => undefined);
    }
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    report({ step: `the save failed: ${messageOf(error)}` });
    return 'no';
  } finally {
    unlisten();
  }
}

const said = {
  confirmed: 'the save was confirmed',
  exited: 'the game ended before its log said that the save had',
} as const;

/** A step that gives up after `ms` milliseconds. */
function within(ms: number, step: string, clock: Clock): Step {
  return { step, deadlineAt: isoTime(clock.now() + ms) };
}

/** For what is waited for to its end. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

function isUp(status: string): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

function isRunning({ container }: ObservedServer): boolean {
  return container !== undefined && isUp(container.status);
}

function messageOf(error: unknown): string {
  return error instanceof ZedopsError ? error.message : String(error);
}
