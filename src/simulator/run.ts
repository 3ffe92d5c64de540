import type { Clock } from '../platform/clock.ts';
import type { Dialect } from './dialect.ts';
import type { Ending } from './ending.ts';
import type { GameConsole } from './game-console.ts';
import type { LogFolder } from './log-folder.ts';
import type { MainLoop } from './main-loop.ts';
import type { Scenario } from './scenario.ts';
import type { ServerOptions, ServerPaths } from './server-files.ts';
import type { StdinConsole } from './stdin-console.ts';

/** What every part of one run works with. */
export interface Run {
  readonly scenario: Scenario;
  readonly dialect: Dialect;
  readonly paths: ServerPaths;
  readonly options: ServerOptions;
  readonly console: GameConsole;
  readonly logs: LogFolder;
  readonly stdin: StdinConsole;
  readonly loop: MainLoop;
  readonly ending: Ending;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Registers what is closed when the run is over, the last first. */
  readonly atEnd: (close: () => void | Promise<void>) => void;
}
