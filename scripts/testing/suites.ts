import { join } from 'node:path';
import type { CommandResult, Commands } from './command.ts';
import { type Count, noTests, readCount } from './count.ts';

/** Something a suite needs of the machine besides Node: a Docker engine, a terminal to look into, programs of Debian. */
export type Need = 'engine' | 'terminal' | 'tools';

/** One suite of a run. */
export interface Suite {
  readonly name: string;
  readonly needs?: readonly Need[];
  run(place: SuitePlace): Promise<{ readonly count: Count; readonly result: CommandResult }>;
}

/** Where and how a suite runs. */
export interface SuitePlace {
  readonly commands: Commands;
  /** The run's own folder: `TMPDIR` of everything it starts. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Keeps the output to show it later, or only on failure. */
  readonly quiet: boolean;
}

function tool(name: string, command: string, args: readonly string[]): Suite {
  return {
    name,
    async run({ commands, env, quiet }) {
      const result = await commands.run(command, args, { env, quiet });
      return { result, count: { ...noTests, ...(result.exitCode === 0 ? { passed: 1 } : { failed: 1 }) } };
    },
  };
}

function project(name: string, needs: Suite['needs'] = []): Suite {
  return {
    name,
    needs,
    async run({ commands, folder, env, quiet }) {
      const report = join(folder, `${name}.json`);
      const args = ['run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
      const result = await commands.run('vitest', args, { env, quiet });
      return { result, count: await readCount(report, result.exitCode) };
    },
  };
}

/** Format and lint together: biome does both in one reading. */
export const lint = tool('format and lint', 'biome', ['check', '--error-on-warnings', '.']);

/** Types of everything, tests and scripts too. One checker: several each work out the same types anew, which takes longer. */
export const types = tool('types', 'tsc', ['--singleThreaded']);

/** Files, exports and dependencies that nobody uses. */
export const unused = tool('unused', 'knip', ['--no-progress', '--cache']);

/** Whether the package can be published as it is built. */
export const packaging = tool('package', 'publint', ['--strict']);

/** Whether the generated reference is up to date. */
export const reference = tool('reference', 'node', ['scripts/docs-reference.ts', '--check']);

/** The rules of the design that no compiler knows. */
export const architecture = project('architecture');

/** Every part alone. */
export const unit = project('unit');

/** The suites that need the built program, more of the machine, or more time, in the order they run. */
export const larger: readonly Suite[] = [
  project('screens'),
  project('integration', ['tools']),
  project('docker', ['engine', 'tools']),
  project('pty', ['terminal']),
  project('scripts', ['tools']),
];
