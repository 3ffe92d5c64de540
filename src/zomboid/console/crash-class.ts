import { readConsoleEvent } from './console-events.ts';
import type { FailureClass } from './console-failures.ts';
import { parseConsoleLine } from './console-line.ts';

/** Why a game ended without being asked to, as far as a person has to do something different about it. */
export type CrashClass =
  | 'out-of-memory'
  | 'mod-error'
  | 'port-taken'
  | 'bad-config'
  | 'save-corrupt'
  | 'killed'
  | 'unknown';

/** What is known of an exit that nobody asked for. */
export interface CrashEvidence {
  readonly exitCode: number | undefined;
  /** What the engine says: the kernel ended a process of the container for want of memory. */
  readonly oomKilled: boolean;
  /** Whether players could come in before the end. */
  readonly wasReady: boolean;
  /** The last lines of the run, oldest first, as the game printed them. */
  readonly lines: readonly string[];
}

/** What an exit was taken for, and why. */
export interface CrashVerdict {
  readonly class: CrashClass;
  /** One sentence without a full stop. */
  readonly reason: string;
  /** What a person does about it. */
  readonly hint: string;
  /** The line that gave it away, shortened; absent where the exit alone did. */
  readonly line?: string;
}

type Told = Pick<CrashVerdict, 'class' | 'reason'>;

/** Words of the game that say why it ends. Those that are absent say only that it does, or nothing about its end. */
const causes: Readonly<Partial<Record<FailureClass, Told>>> = {
  'heap-memory': { class: 'out-of-memory', reason: 'the game ran out of its own memory' },
  'host-memory': { class: 'out-of-memory', reason: 'the game could not get the memory it was told to use' },
  killed: { class: 'killed', reason: 'the kernel killed the game' },
  'settings-file': { class: 'bad-config', reason: 'the game could not read one of its settings files' },
  'admin-password': { class: 'bad-config', reason: 'the game waited for a password for its admin account' },
  'user-database': { class: 'save-corrupt', reason: 'the game could not open its user database' },
  'world-dictionary': { class: 'mod-error', reason: 'the world needs a mod that is gone or has changed' },
  'java-version': { class: 'mod-error', reason: 'a mod or agent was made for another Java' },
  'game-port': { class: 'port-taken', reason: 'another program has one of the game’s ports' },
  'disk-full': { class: 'unknown', reason: 'the disk of the world is full' },
};

/** Words that explain an end only where the game never took players. */
const causesOfNoStart: Readonly<Partial<Record<FailureClass, Told>>> = {
  'mod-missing': { class: 'mod-error', reason: 'a mod that another one requires is missing' },
  workshop: { class: 'mod-error', reason: 'a workshop item could not be downloaded' },
  'rcon-port': { class: 'port-taken', reason: 'another program has the RCON port' },
};

const sigkill = 137;
const sigterm = 143;
const aborted = 134;
const segfault = 139;

const moreMemory = 'raise the memory limit, or give the game less: zedops server show tells both';
const readLines = 'read the last lines of the log';

/**
 * Says what an exit was. The engine's word on memory goes first, then a signal from outside, then what the game said
 * last about itself: exit codes alone say little, because the game's own start script hides them.
 * Signatures: `console-failures.ts`; 128 + n is the shell's code for signal n.
 */
export function classifyCrash({ exitCode, oomKilled, wasReady, lines }: CrashEvidence): CrashVerdict {
  if (oomKilled) {
    return {
      class: 'out-of-memory',
      reason: 'the kernel ended the game because its container was out of memory',
      hint: moreMemory,
    };
  }
  const said = lastCause(lines, wasReady);
  // Nothing a game can do to itself gives these codes, unless its own script tells of the kernel.
  if ((exitCode === sigkill || exitCode === sigterm) && said?.class !== 'out-of-memory') return signalled(exitCode);
  return said ?? byExitCode(exitCode);
}

/** The newest line that says why; a line that only says that it ends counts where no other does. */
function lastCause(lines: readonly string[], wasReady: boolean): CrashVerdict | undefined {
  let weak: CrashVerdict | undefined;
  for (const line of lines.toReversed()) {
    const event = readConsoleEvent(parseConsoleLine(line));
    if (event?.kind !== 'failure') continue;
    const told = causes[event.failure];
    if (told) return { ...told, hint: event.hint, line: event.message };
    const early = wasReady ? undefined : causesOfNoStart[event.failure];
    if (early) weak ??= { ...early, hint: event.hint, line: event.message };
  }
  return weak;
}

function signalled(exitCode: number): CrashVerdict {
  return exitCode === sigkill
    ? {
        class: 'killed',
        reason: 'something killed the game at once (SIGKILL)',
        hint: 'see who did: docker events, and dmesg for want of memory on the whole host',
      }
    : {
        class: 'killed',
        reason: 'something outside ZedOps told the game to end (SIGTERM)',
        hint: 'see who did: a docker stop, a reboot, or another tool that manages this container',
      };
}

function byExitCode(exitCode: number | undefined): CrashVerdict {
  switch (exitCode) {
    case 0:
      return { class: 'unknown', reason: 'the game ended by itself and did not say why', hint: readLines };
    case aborted:
    case segfault:
      return {
        class: 'unknown',
        reason: 'the game crashed in native code',
        hint: 'look into the hs_err_pid file beside the game',
      };
    default:
      return { class: 'unknown', reason: 'the game ended and did not say why', hint: readLines };
  }
}
