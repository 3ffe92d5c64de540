import * as z from 'zod';
import type { Command } from './command.ts';
import type { Completes } from './flag-override.ts';

/** One flag or argument of a command, worked out from its schema. */
export interface Flag {
  /** Key in the command's input. */
  readonly key: string;
  /** `--env-file`; for an argument its placeholder. */
  readonly name: string;
  readonly short: string | undefined;
  readonly kind: 'switch' | 'off-switch' | 'value' | 'list';
  readonly isNumber: boolean;
  readonly choices: readonly string[];
  readonly placeholder: string;
  readonly help: string;
  readonly isRequired: boolean;
  /** Shown in help, where there is one. */
  readonly fallback: string | undefined;
  readonly completes: Completes;
  readonly isHidden: boolean;
}

/** The options of a command, in the order of its schema. */
export function optionsOf(command: Pick<Command, 'input' | 'positional' | 'flags'>): readonly Flag[] {
  return Object.keys(command.input.shape)
    .filter((key) => !command.positional.includes(key))
    .map((key) => describeFlag(command, key));
}

/** The arguments of a command, in their order. */
export function argumentsOf(command: Pick<Command, 'input' | 'positional' | 'flags'>): readonly Flag[] {
  return command.positional.map((key) => {
    const flag = describeFlag(command, key);
    return { ...flag, name: flag.placeholder };
  });
}

function describeFlag({ input, flags }: Pick<Command, 'input' | 'flags'>, key: string): Flag {
  const shape: Record<string, unknown> = input.shape;
  const override = flags[key] ?? {};
  const { base, help, fallback, isRequired } = unwrap(shape[key]);
  const isSwitch = base instanceof z.ZodBoolean;
  const isOff = isSwitch && fallback === true;
  const element = base instanceof z.ZodArray ? unwrap(base.element).base : base;
  const choices = element instanceof z.ZodEnum ? element.options.map(String) : [];
  const name = kebab(key);
  return {
    key,
    name: isOff ? `--no-${name}` : `--${name}`,
    short: override.short,
    kind: isSwitch ? (isOff ? 'off-switch' : 'switch') : base instanceof z.ZodArray ? 'list' : 'value',
    isNumber: element instanceof z.ZodNumber,
    choices,
    placeholder: override.placeholder ?? (choices.length > 0 && choices.length < 6 ? choices.join('|') : name),
    help: override.help ?? help,
    isRequired,
    fallback: isSwitch || fallback === undefined ? undefined : String(fallback),
    completes: override.completes ?? conventional[key] ?? 'nothing',
    isHidden: override.isHidden === true,
  };
}

const conventional: Readonly<Record<string, Completes>> = {
  server: 'server',
  host: 'host',
  image: 'image',
  job: 'job',
};

interface Unwrapped {
  readonly base: unknown;
  readonly help: string;
  readonly fallback: unknown;
  readonly isRequired: boolean;
}

function unwrap(schema: unknown): Unwrapped {
  let base = schema;
  let help = '';
  let fallback: unknown;
  let isRequired = true;
  for (;;) {
    if (help === '' && base instanceof z.ZodType) help = base.description ?? '';
    if (base instanceof z.ZodDefault) {
      fallback = base.def.defaultValue;
      isRequired = false;
      base = base.unwrap();
    } else if (base instanceof z.ZodOptional) {
      isRequired = false;
      base = base.unwrap();
    } else return { base, help, fallback, isRequired };
  }
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The options every command takes, as help and completion show them. */
export const globalFlags: readonly Flag[] = [
  globalSwitch('json', 'print the answer as one JSON object'),
  globalSwitch('quiet', 'no progress and no success messages, only data asked for and errors', 'q'),
  globalSwitch('yes', 'do not ask before something that cannot be undone', 'y'),
  globalValue('url', 'url', 'manager to talk to, as https://host:8443'),
  globalValue('profile', 'name', 'signed-in manager to talk to'),
  { ...globalValue('setting', 'name=value', 'a setting for this run; may be repeated'), kind: 'list' },
  globalSwitch('no-color', 'no colours; NO_COLOR in the environment does the same'),
  globalSwitch('help', 'show this help', 'h'),
];

function globalSwitch(name: string, help: string, short?: string): Flag {
  return { ...globalValue(name, '', help), kind: 'switch', short };
}

function globalValue(name: string, placeholder: string, help: string): Flag {
  return {
    key: name,
    name: `--${name}`,
    short: undefined,
    kind: 'value',
    isNumber: false,
    choices: [],
    placeholder,
    help,
    isRequired: false,
    fallback: undefined,
    completes: 'nothing',
    isHidden: false,
  };
}
