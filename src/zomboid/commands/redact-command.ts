import { quoteArgument, splitCommand } from '../rcon/rcon-quoting.ts';
import { findCommand } from './catalogue.ts';
import type { Build, GameCommand } from './command.ts';

const hidden = '***';

/** Options whose value must not be shown, and how mistyped ones look. */
const secretKey = /password|token|webhook|secret/i;

/** Names that the game does not know, and that may be mistyped ones of commands with a secret. */
const secretName = /^(add|set|cha)|pas|pwd|token|secret|user|option/i;

/**
 * A command as it may be kept and shown: a secret in its arguments, and all that stands behind it, becomes `***`. Errs
 * on the side of hiding: what looks like a mistyped command with a password is hidden too. Other lines stay as they are.
 */
export function redactCommand(line: string): string {
  const [name, ...words] = splitCommand(line);
  if (name === undefined || words.length === 0) return line;
  const from = firstSecret(name, words);
  if (from === undefined || words.length <= from) return line;
  const shown = words.slice(0, from).map((word) => (/^[^\s"]+$/.test(word) ? word : quoteArgument(word)));
  return [name, ...shown, hidden].join(' ');
}

/** Says whether an option's value must not be shown. */
export function isSecretOption(key: string): boolean {
  return secretKey.test(key);
}

function firstSecret(name: string, words: readonly string[]): number | undefined {
  const bare = name.replace(/^\/+/, '');
  const builds: readonly Build[] = ['41', '42'];
  const known = builds.map((build) => findCommand(build, quoteArgument(bare))).filter((one) => one !== undefined);
  if (known.length === 0) return secretName.test(bare) ? 0 : undefined;
  const places = known.flatMap((command) => secretPlace(command, words));
  return places.length === 0 ? undefined : Math.min(...places);
}

function secretPlace({ args }: GameCommand, words: readonly string[]): readonly number[] {
  const secret = args.findIndex(({ kind }) => kind === 'secret');
  if (secret !== -1) return [secret];
  const option = args.findIndex(({ kind }) => kind === 'option');
  return option !== -1 && isSecretOption(words[option] ?? '') ? [option + 1] : [];
}
