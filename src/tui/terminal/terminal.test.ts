import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { openTerminal } from './terminal.ts';

/** A terminal of which one sees whether it is in raw mode, and signals that one sends. */
function openBed() {
  const modes: boolean[] = [];
  const ends: string[] = [];
  const signals = Object.assign(new EventEmitter(), { suspend: () => undefined });
  const input = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => void modes.push(isRaw) });
  const output = Object.assign(new PassThrough(), { columns: 80, rows: 24 });
  const terminal = openTerminal({ input, output, signals, clock: createFakeClock(0) });
  terminal.onEnd((signal) => ends.push(signal));
  return { terminal, signals, modes, ends, written: () => String(output.read() ?? '') };
}

test('a stop gives the terminal back, and going on takes it again', () => {
  const { signals, modes, terminal } = openBed();
  signals.emit('SIGTSTP');
  expect(modes).toEqual([true, false]);
  signals.emit('SIGCONT');
  expect(modes).toEqual([true, false, true]);
  terminal.close();
  expect(modes).toEqual([true, false, true, false]);
});

test('what is told to end while it is stopped goes on without touching a terminal that is another’s now', () => {
  const { signals, modes, ends, written, terminal } = openBed();
  signals.emit('SIGTSTP');
  written();
  signals.emit('SIGTERM', 'SIGTERM');
  signals.emit('SIGCONT');
  terminal.close();
  expect(ends).toEqual(['SIGTERM']);
  expect(modes).toEqual([true, false]);
  expect(written()).toBe('');
});
