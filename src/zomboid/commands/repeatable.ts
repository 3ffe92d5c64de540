import { splitCommand } from '../rcon/rcon-quoting.ts';

const repeatable: ReadonlySet<string> = new Set(['players', 'help', 'showoptions']);

/** Says whether a command only tells something, so that asking it once more does no harm. */
export function isRepeatable(line: string): boolean {
  const [name = ''] = splitCommand(line);
  return repeatable.has(name.toLowerCase());
}
