import { constants } from 'node:os';
import { type Clock, systemClock } from '../platform/clock.ts';
import { printCrash } from './crash.ts';
import { dialectOf } from './dialect.ts';
import { createEnding } from './ending.ts';
import { openGameConsole } from './game-console.ts';
import { openLogFolder } from './log-folder.ts';
import { createMainLoop } from './main-loop.ts';
import { type PlayedGame, playGame } from './playing.ts';
import type { Run } from './run.ts';
import { readScenario, type Scenario } from './scenario.ts';
import type { CrashKind } from './scenario-settings.ts';
import { createServerOptions, prepareFolders, type ServerPaths } from './server-files.ts';
import { startGame } from './starting.ts';
import { openStdinConsole } from './stdin-console.ts';

/** What a run of the simulator is given: the parts of a process that it may use. */
export interface SimulatorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Words after `zedops simulate`. */
  readonly argv: readonly string[];
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Where signals come from; the process, unless a test says otherwise. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The first line of the output, so that nobody takes the rest for the game's. */
export const banner = 'ZedOps simulator, not Project Zomboid';

const endingSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** 128 and the number of SIGPIPE: how a program ends whose output nobody reads. */
const brokenOutputCode = 141;

/**
 * Stands in for a Project Zomboid server until it is told to quit, is ended by a signal, or crashes as asked. Resolves
 * with the exit code, after everything it opened is closed: 2 for settings that make no sense, 128 and the signal's
 * number after a signal, 141 when its output cannot be written any more.
 */
export async function runSimulator(options: SimulatorOptions): Promise<number> {
  const { env, argv, stdout, stderr } = options;
  const read = readScenario(env, argv);
  if ('help' in read) {
    stdout.write(read.help);
    return 0;
  }
  const complain = (text: string): void => void stderr.write(`zedops simulate: ${text}\n`);
  if ('fault' in read) {
    complain(read.fault);
    return 2;
  }
  const folders = prepareFolders(read.scenario.dataFolder, read.scenario.serverName);
  if ('fault' in folders) {
    complain(`SIM_DATA is "${read.scenario.dataFolder}", which cannot be used: ${folders.fault}`);
    return 2;
  }
  // Timers of the clock keep no process alive, and a start has nothing but timers.
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  try {
    return await simulate(read.scenario, folders.paths, options);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    clearInterval(alive);
  }
}

async function simulate(
  scenario: Scenario,
  paths: ServerPaths,
  { stdin, stdout, signals = process, clock = systemClock, random = Math.random }: SimulatorOptions,
): Promise<number> {
  const dialect = dialectOf(scenario.build);
  const ending = createEnding();
  const closers: (() => void | Promise<void>)[] = [];
  const atEnd: Run['atEnd'] = (close): void => void closers.push(close);

  const logs = openLogFolder(paths.logs, dialect, clock.now);
  atEnd(() => logs.close());
  const onBroken = (): void => ending.end(brokenOutputCode);
  const console = openGameConsole({ dialect, now: clock.now, stdout, dataFolder: scenario.dataFolder, logs, onBroken });
  atEnd(() => console.close());
  console.plain(banner);
  const loop = createMainLoop(clock);
  const typed = openStdinConsole(stdin);
  const run: Run = {
    ...{ scenario, dialect, paths, console, logs, loop, ending, clock, random, atEnd },
    options: createServerOptions(paths.ini, dialect),
    stdin: typed,
  };
  const crash = (kind: CrashKind): void => {
    if (ending.signal.aborted) return;
    ending.end(printCrash({ console, dialect, sandbox: paths.sandbox }, kind));
  };

  let game: PlayedGame | undefined;
  const forgetSignals = onSignals(signals, (exitCode) => {
    if (scenario.hangOnStop || scenario.onSignal === 'ignored') return;
    if (scenario.onSignal === 'saves' && game) game.stop('signal', exitCode);
    else ending.end(exitCode);
  });
  if (scenario.crash) {
    const { kind, afterSeconds } = scenario.crash;
    atEnd(clock.after(afterSeconds * 1000, () => crash(kind)));
  }
  // The start is the loop's first task: commands that come meanwhile wait for its end.
  loop
    .run(async () => {
      const started = await startGame(run);
      if (started === undefined || ending.signal.aborted) return;
      if ('crash' in started) crash(started.crash);
      else game = await playGame(run, started);
    })
    .catch(ending.fail);

  try {
    return await ending.code;
  } finally {
    forgetSignals();
    typed.close();
    await loop.end();
    for (const close of closers.reverse()) await close();
  }
}

function onSignals(source: Pick<NodeJS.EventEmitter, 'on' | 'off'>, listener: (exitCode: number) => void): () => void {
  const listeners = endingSignals.map((name) => ({ name, on: () => listener(128 + constants.signals[name]) }));
  for (const { name, on } of listeners) source.on(name, on);
  return () => {
    for (const { name, on } of listeners) source.off(name, on);
  };
}
