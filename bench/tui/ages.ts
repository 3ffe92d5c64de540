import { execa } from 'execa';
import type { Piece } from './pty.ts';

/**
 * When each numbered line of the simulator was first on the terminal whole. Milliseconds since 1970 by number. Lines that
 * a screen left out because newer ones had come are not there.
 */
export function shownAt(pieces: readonly Piece[]): Map<number, number> {
  const times = new Map<number, number>();
  let rest = '';
  for (const { at, bytes } of pieces) {
    // What is looked for is ASCII, so that a piece that ends within a letter does no harm.
    const text = rest + bytes.toString('latin1');
    let from = 0;
    for (const match of text.matchAll(/#(\d+)(?=\D)/g)) {
      const number = Number(match[1]);
      if (!times.has(number)) times.set(number, at);
      from = match.index + match[0].length;
    }
    rest = text.slice(Math.max(from, text.length - 32));
  }
  return times;
}

/** When the engine took each of a container's newest numbered lines: milliseconds since 1970 by number. */
export async function writtenAt(container: string, newest: number): Promise<Map<number, number>> {
  const { stdout } = await execa('docker', ['logs', '--timestamps', '--tail', String(newest), container], {
    maxBuffer: 512 * 1024 * 1024,
  });
  const times = new Map<number, number>();
  for (const line of stdout.split('\n')) {
    const [, seconds, fraction, number] = /^(\S+)\.(\d+)Z .*#(\d+)$/.exec(line) ?? [];
    if (seconds === undefined) continue;
    times.set(Number(number), Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000);
  }
  return times;
}
