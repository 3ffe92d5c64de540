import { type Clock, pause } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { dialRcon } from '../rcon/dial.ts';
import { createRconSession } from '../rcon/session.ts';
import { rconTarget } from '../rcon/target.ts';
import type { ForeignContainer, ForeignContainers } from '../runtime/foreign.ts';
import { abortReason } from '../servers/until.ts';
import { isUp } from './examine.ts';
import type { AdoptionRecord } from './journal.ts';

/** What handling the original container needs. */
export interface OriginalDeps {
  readonly foreign: ForeignContainers;
  readonly clock: Clock;
}

type Original = NonNullable<AdoptionRecord['original']>;

const commandMs = 30_000;
const lookEveryMs = 500;
const sayEveryMs = 30_000;
const shortestGraceSeconds = 60;

/**
 * Stops the original for good, saving its world first, and gives it the name it is kept under. Run again, it does what is
 * left. Can be cancelled until the game is told to quit.
 */
export async function layAside(
  { foreign, clock }: OriginalDeps,
  original: Original,
  server: DesiredServer,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<void> {
  const there = await foreign.inspect(original.id);
  if (!there) return;
  // First of all: an engine that starts it again would have two games on one world.
  if (there.restart.name !== 'no') await foreign.setRestart(original.id, { name: 'no', tries: 0 });
  if (isUp(there.status)) {
    report({ step: `stopping ${original.name}` });
    const graceSeconds = Math.max(shortestGraceSeconds, server.game.stopSeconds);
    const quitAsked = await saveAndQuit(there, server, clock, report, signal);
    const exitsByItself = (): Promise<boolean> =>
      saying({ step: `waiting for ${original.name} to exit` }, report, clock, () =>
        exits({ foreign, clock }, original.id, server.game.stopSeconds * 1000),
      );
    if (!quitAsked || !(await exitsByItself())) {
      const step = `waiting for ${original.name} to end: it was sent SIGTERM, and gets SIGKILL after ${graceSeconds} s`;
      await saying({ step }, report, clock, () => foreign.stop(original.id, graceSeconds));
    }
    const after = await foreign.inspect(original.id);
    if (after && isUp(after.status)) {
      throw new ZedopsError('CONFLICT', `${original.name} runs again; something starts it besides ZedOps`, {
        hint: 'see what does, such as a systemd unit or a script',
      });
    }
  }
  if (there.name !== original.keptAs) await foreign.rename(original.id, original.keptAs);
}

/** Gives the original its name, its restart policy and, where it ran, its run back. */
export async function putBack(
  { foreign }: Pick<OriginalDeps, 'foreign'>,
  original: Original,
  report: (step: Step) => void,
): Promise<void> {
  const there = await foreign.inspect(original.id);
  if (!there) return;
  report({ step: `putting ${original.name} back` });
  if (there.name !== original.name) await foreign.rename(original.id, original.name);
  if (there.restart.name !== original.restart.name) await foreign.setRestart(original.id, original.restart);
  if (original.running && !isUp(there.status)) await foreign.start(original.id);
}

/** Says a step again and again while it lasts: whoever waits would take a long silence for the end. */
async function saying<Result>(
  step: Step,
  report: (step: Step) => void,
  clock: Clock,
  work: () => Promise<Result>,
): Promise<Result> {
  report(step);
  const takeBack = clock.every(sayEveryMs, () => report(step));
  try {
    return await work();
  } finally {
    takeBack();
  }
}

async function exits({ foreign, clock }: OriginalDeps, id: string, timeoutMs: number): Promise<boolean> {
  const deadline = clock.steady() + timeoutMs;
  for (;;) {
    const there = await foreign.inspect(id);
    if (!there || !isUp(there.status)) return true;
    if (clock.steady() >= deadline) return false;
    await pause(clock, lookEveryMs);
  }
}

async function saveAndQuit(
  { address, status }: ForeignContainer,
  server: DesiredServer,
  clock: Clock,
  report: (step: Step) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const target = status === 'running' ? rconTarget(server) : undefined;
  if (!target || address === undefined) {
    report({ step: 'cannot ask for a save: its RCON cannot be reached' });
    return false;
  }
  const rcon = createRconSession({
    name: server.name,
    password: target.password,
    dial: (given) => dialRcon({ host: address, port: target.port }, clock, given),
    clock,
    onIdle: () => undefined,
  });
  try {
    report({ step: 'saving the world' });
    await rcon.command('save', { timeoutMs: commandMs, signal });
    if (signal.aborted) throw abortReason(signal);
    // The game saves once more as it quits, and exits when that is done.
    report({ step: 'asking the game to quit' });
    await rcon.command('quit', { timeoutMs: commandMs });
    return true;
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    if (!(error instanceof ZedopsError)) throw error;
    report({ step: `cannot ask for a save: ${error.message}` });
    return false;
  } finally {
    rcon.close(new ZedopsError('CANCELLED', 'The original is laid aside'));
  }
}
