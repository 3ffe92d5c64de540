/** One command of a session, and what it must print. */
export interface SessionCommand {
  readonly line: number;
  readonly actor: string;
  readonly command: string;
  /** Lines it prints, stdout before stderr. `…` stands for anything in a line; alone on a line, for any lines. */
  readonly expected: readonly string[];
  readonly exitCode: number;
}

const commandLine = /^([a-z]+)\$ (.+)$/;
const exitLine = /^\[exit (\d+)\]$/;

/**
 * Reads a session as a person would type it: `actor$ command`, then what is printed, then `[exit N]` where that is not 0.
 * Lines that begin with `#` and empty ones between commands say nothing.
 */
export function parseSession(text: string): SessionCommand[] {
  const commands: { line: number; actor: string; command: string; expected: string[]; exitCode: number }[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    const [, actor, command] = commandLine.exec(row) ?? [];
    const current = commands.at(-1);
    const exitCode = exitLine.exec(row)?.[1];
    if (actor !== undefined && command !== undefined) {
      commands.push({ line: index + 1, actor, command, expected: [], exitCode: 0 });
    } else if (current && exitCode !== undefined) {
      current.exitCode = Number(exitCode);
    } else if (current && row !== '' && !row.startsWith('#')) {
      current.expected.push(row);
    }
  }
  return commands;
}

/** Says whether what was printed fits what was expected. */
export function fits(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return printed.length === 0;
  if (first === '…') return fits(rest, printed) || (printed.length > 0 && fits(expected, printed.slice(1)));
  const [line, ...others] = printed;
  return line !== undefined && lineFits(first, line) && fits(rest, others);
}

function lineFits(expected: string, line: string): boolean {
  const pattern = expected
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(line.trimEnd().replace(/ +/g, ' '));
}
