import { splitCommand } from '../rcon-quoting.ts';

const hidden = '***';
const secretOption = /password|token|webhook|secret/i;

/**
 * A command line as it may be kept and shown: passwords in its arguments are replaced by `***`. Words are cut as the
 * game cuts them, so that no quote hides where a password begins.
 */
export function redactCommand(line: string): string {
  const [name = '', subject = '', ...rest] = splitCommand(line);
  if (rest.length === 0) return line;
  // The game does not know a command with a slash; whoever typed it meant the one without.
  const command = name.toLowerCase().replace(/^\/+/, '');
  const isSecret =
    command === 'adduser' || command === 'setpassword' || (command === 'changeoption' && secretOption.test(subject));
  return isSecret ? `${name} "${subject}" ${hidden}` : line;
}
