import type * as z from 'zod';
import type { CommandLines } from '../../client/command-lines.ts';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Paths } from '../../platform/files/paths.ts';
import type { Settings } from '../../platform/settings.ts';
import type { ZedopsError } from '../../protocol/errors.ts';
import type { Io } from '../io.ts';
import type { Talk } from '../output/talk.ts';
import type { FlagOverride } from './flag-override.ts';
import type { Globals } from './globals.ts';

/** Every word there is, for what describes the command line as a whole. */
export interface Catalog {
  /** First words, hidden ones left out. */
  readonly nouns: readonly string[];
  readonly shortForms: Readonly<Record<string, string>>;
  readonly commands: readonly Command[];
}

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly talk: Talk;
  readonly globals: Globals;
  readonly paths: Paths;
  readonly uid: number;
  readonly clock: Clock;
  /** Aborted by Ctrl-C, by SIGTERM, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** Every setting, resolved when first asked for. @throws ZedopsError INVALID_INPUT */
  settings(): Settings;
  /** The manager that is meant. @throws ZedopsError UNAUTHENTICATED where there is none. */
  manager(): Promise<ManagerClient>;
  /** The manager that is meant, or undefined where none is known. */
  managerIfAny(): Promise<ManagerClient | undefined>;
  catalog(): Promise<Catalog>;
  /** The command line for another face of this process; with `isReadOnly` it only reads. */
  commandLines(client: ManagerClient | undefined, isReadOnly: boolean): Promise<CommandLines>;
  /** Runs another command line in the place of this one, as if it had been typed, and resolves with its exit code. */
  runAnother(argv: readonly string[], changes?: RunChanges): Promise<number>;
}

/** What is other for a command line that is run inside another. */
export interface RunChanges {
  readonly io?: Io;
  readonly interruption?: () => AbortSignal;
  readonly connect?: () => Promise<ManagerClient | undefined>;
}

/** What stands behind a command's words; see {@link command}. */
interface CommandDefinition<Input extends z.ZodObject> {
  /** `server stop`. */
  readonly words: string;
  /** A short form without the noun: `stop`. */
  readonly short?: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** Further paragraphs of its help. */
  readonly details?: readonly string[];
  /** Arguments and options; help, flags and types come from it. */
  readonly input: Input;
  /** Keys of `input` that are arguments, in their order. */
  readonly positional?: readonly (keyof z.output<Input> & string)[];
  readonly flags?: { readonly [Key in keyof z.output<Input> & string]?: FlagOverride };
  readonly examples: readonly string[];
  /** Exit codes of its own, besides those of every command. */
  readonly exits?: Readonly<Record<number, string>>;
  /** The operation it asks for. */
  readonly subject?: string;
  /** Runs until told to end, and listens to signals itself. */
  readonly isDaemon?: true;
  /** Arguments go to the program behind it as they are; `input` has the key `args`. */
  readonly isRaw?: true;
  /** Left out of help, completion and reference. */
  readonly isHidden?: true;
  /** An exit code for an error that means something else here. */
  readonly exitFor?: (error: ZedopsError) => number | undefined;
  /** @returns an exit code other than 0. */
  readonly run: (input: z.output<Input>, context: Context) => Promise<number | undefined>;
}

/** A command whose types have been used up: what help, completion and the parser read. */
export type Command = Omit<CommandDefinition<z.ZodObject>, 'run' | 'flags' | 'positional'> & {
  readonly positional: readonly string[];
  readonly flags: Readonly<Record<string, FlagOverride | undefined>>;
  /** Runs it with values that have been read but not checked. `fail` makes the error for those that do not fit. */
  readonly invoke: (
    values: Readonly<Record<string, unknown>>,
    context: Context,
    fail: (error: z.ZodError) => ZedopsError,
  ) => Promise<number>;
};

/** Declares a command. The value is data: parser, help, completion and reference all read it. */
export function command<Input extends z.ZodObject>(definition: CommandDefinition<Input>): Command {
  const { run, flags = {}, positional = [], ...rest } = definition;
  return {
    ...rest,
    positional,
    flags: { ...flags },
    invoke: async (values, context, fail) => {
      const input = definition.input.safeParse(values);
      if (!input.success) throw fail(input.error);
      return (await run(input.data, context)) ?? 0;
    },
  };
}
