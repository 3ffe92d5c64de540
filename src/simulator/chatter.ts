import type { Clock } from '../platform/clock.ts';
import type { GameConsole } from './game-console.ts';

const texts = [
  'chunk streamed in around a player, zombies awake:',
  'population of the cell was redistributed, virtual zombies:',
  'items on the floor were checked for removal, items:',
  'vehicles of the cell were parked, physics steps:',
  'erosion of the chunk was advanced, squares:',
  'generators and appliances were updated, objects:',
];

const turnMs = 10;
const slowestTurnMs = 1_000;
/** Lines in one write when there is no pause between them: about 64 KiB. */
const floodBatch = 512;

/**
 * Prints ordinary output at `rate` lines a second until taken back; with an infinite rate, as fast as it is read. Each
 * line ends with its number, from 1 on without a gap. A reader that is slow is waited for, as the game would.
 */
export function startChatter({ clock, console }: { clock: Clock; console: GameConsole }, rate: number): () => void {
  let number = 0;
  let stopped = false;
  let waiting = false;

  const print = (count: number): boolean => {
    const header = console.header('General');
    let lines = '';
    for (let left = count; left > 0; left -= 1) {
      number += 1;
      lines += `${header}${texts[number % texts.length]} ${number % 97} #${number}\n`;
    }
    return console.bulk(lines);
  };
  let stopWaiting = (): void => undefined;
  const wait = (resume: () => void): void => {
    waiting = true;
    stopWaiting = console.onDrain(() => {
      waiting = false;
      if (!stopped) resume();
    });
  };

  if (rate === 0) return () => undefined;
  if (rate === Number.POSITIVE_INFINITY) {
    const flood = (): void => {
      if (stopped) return;
      if (print(floodBatch)) setImmediate(flood);
      else wait(flood);
    };
    setImmediate(flood);
    return () => {
      stopped = true;
      stopWaiting();
    };
  }
  let countedAt = clock.steady();
  let owed = 0;
  const stop = clock.every(Math.min(slowestTurnMs, Math.max(turnMs, 1000 / rate)), () => {
    const now = clock.steady();
    owed += ((now - countedAt) * rate) / 1000;
    countedAt = now;
    if (waiting) owed = Math.min(owed, rate);
    const due = Math.floor(owed);
    if (waiting || due === 0) return;
    owed -= due;
    if (!print(due)) wait(() => undefined);
  });
  return () => {
    stopped = true;
    stopWaiting();
    stop();
  };
}
