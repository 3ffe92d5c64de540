import type { Clock } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, ObservedServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { connectRcon, type RconConnection, type RconTarget } from '../rcon/connection.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ConsoleWatch } from './console.ts';
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
  readonly clock: Clock;
}

const connectMs = 10_000;
const commandMs = 30_000;
/** Build 41 says when it takes a save and not when the save has ended. */
const unconfirmedSaveMs = 10_000;
const signalGraceSeconds = 30;

/**
 * Stops a game without losing its world: save, wait for the log to say that the save has ended, quit, wait for the exit,
 * and only then a signal. Every step is reported and has a deadline. Cancelling works until `quit` is sent.
 */
export async function stopServer(
  deps: StopDeps,
  server: DesiredServer,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<StopReport> {
  const { looker, intents, clock, runtime, observer } = deps;
  const begun = clock.now();
  const container = await looker.look(server);
  if (!container || !isUp(container.status)) {
    return { state: 'stopped', saved: 'was-stopped', ended: 'was-stopped', seconds: 0 };
  }
  const uncancelled = { clock, signal: new AbortController().signal };
  const exits = (timeoutMs: number): Promise<boolean> =>
    untilObserved(observer, server.id, (known) => !isRunning(known), { ...uncancelled, timeoutMs });
  const { saved, quitAsked } = await saveAndQuit(deps, server, rconTarget(server, container.address), report, signal);
  intents.expectExit(server.id);
  let ended: StopReport['ended'] = 'quit';
  const { stopSeconds } = server.game;
  if (quitAsked) report({ step: `waiting up to ${stopSeconds} s for the game to exit` });
  if (!quitAsked || !(await exits(stopSeconds * 1000))) {
    const why = quitAsked ? `the game did not exit within ${stopSeconds} s` : 'RCON could not ask the game to quit';
    report({ step: `${why}; sending SIGTERM, and SIGKILL after ${signalGraceSeconds} s` });
    await runtime.stop(container.id, signalGraceSeconds);
    const after = await looker.look(server);
    // 137 is 128 + SIGKILL: what engines and shells report for it.
    ended = after?.exitCode === 137 ? 'kill' : 'signal';
  }
  await looker.look(server);
  return { state: 'stopped', saved, ended, seconds: (clock.now() - begun) / 1000 };
}

/** Where a server's remote console listens, seen from this host; undefined where it has none or cannot be reached. */
export function rconTarget(server: DesiredServer, address: string | undefined): RconTarget | undefined {
  const { rcon } = server.game;
  const password = rcon && server.env[rcon.passwordKey];
  if (!rcon || !password || address === undefined) return undefined;
  return { host: address, port: rcon.port, password };
}

interface Asked {
  readonly saved: StopReport['saved'];
  readonly quitAsked: boolean;
}

async function saveAndQuit(
  deps: StopDeps,
  server: DesiredServer,
  target: RconTarget | undefined,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<Asked> {
  const notAsked = (why: string): Asked => {
    report({ step: `cannot ask for a save: ${why}` });
    return { saved: 'not-asked', quitAsked: false };
  };
  if (!target) return notAsked('the server has no RCON, or no password for it');
  let rcon: RconConnection;
  try {
    rcon = await connectRcon(target, deps.clock, AbortSignal.any([signal, AbortSignal.timeout(connectMs)]));
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    return notAsked(messageOf(error));
  }
  try {
    const saved = await save(deps, server, rcon, report, signal);
    if (signal.aborted) throw abortReason(signal);
    report({ step: 'asking the game to quit' });
    deps.intents.expectExit(server.id);
    const quitAsked = await rcon.quit(commandMs).then(
      () => true,
      (error) => {
        report({ step: `the game did not take "quit": ${messageOf(error)}` });
        return false;
      },
    );
    return { saved, quitAsked };
  } finally {
    rcon.close();
  }
}

async function save(
  { console, observer, clock }: StopDeps,
  server: DesiredServer,
  rcon: RconConnection,
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
    report({ step: 'saving the world' });
    await rcon.command('save', commandMs);
    const confirms = observer.find(server.id)?.gameVersion?.startsWith('41') !== true;
    const waitMs = confirms ? server.game.stopSeconds * 1000 : unconfirmedSaveMs;
    report({ step: 'the game took the save; waiting until its log says it has ended' });
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

function isUp(status: string): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

function isRunning({ container }: ObservedServer): boolean {
  return container !== undefined && isUp(container.status);
}

function messageOf(error: unknown): string {
  return error instanceof ZedopsError ? error.message : String(error);
}
