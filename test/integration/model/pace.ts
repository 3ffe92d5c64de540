import type { Clock } from '../../../src/platform/clock.ts';
import type { FakeClock } from '../../../src/platform/fake-clock.ts';

/** Lets a world go on: time in it passes by turns of this process, so that a loaded machine changes nothing. */
export interface Pace {
  readonly clock: Clock;
  /** Lets some turns pass. */
  turns(count: number): Promise<void>;
  /** Goes on until something is settled, and resolves or rejects with it. */
  for<Result>(work: Promise<Result>): Promise<Result>;
  /** As `for`, with a millisecond a turn: for what is given only some seconds. */
  slowly<Result>(work: Promise<Result>): Promise<Result>;
  /** Goes on until it is so. @throws Error with what `problem` says where it never is. */
  until(isSo: () => boolean | Promise<boolean>, problem: () => string): Promise<void>;
  /** Waits, while time stands still, until nothing is written or read any more. */
  quiet(): Promise<void>;
}

/** Something that has not come true after so many turns never will. */
const mostTurns = 8_000;
/** And this many milliseconds of the machine's own time: what its disk and its threads do is none of a clock's turns. */
const shortestMs = 10_000;
const longestMs = 60_000;
const quietTurns = 3;

/** Milliseconds that a turn is worth: the more this process has to wait for itself, the fewer. */
const worth = { disk: 1, network: 20, nothing: 200 };

/** Makes the pace of a world over its clock; `tell` says what is going on in it, for whoever waits in vain. */
export function createPace(clock: FakeClock, tell: () => string): Pace {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  /** Lets a turn pass; says whether it was worth counting. */
  const go = async (most: number): Promise<boolean> => {
    await turn();
    const waits = process.getActiveResourcesInfo();
    const hasSockets = waits.some((each) => each === 'TCPSocketWrap' || each === 'TCPConnectWrap');
    const isWaiting = isDiskBusy(waits);
    clock.advance(Math.min(most, isWaiting ? worth.disk : hasSockets ? worth.network : worth.nothing));
    return !isWaiting;
  };
  const until = async (isSo: () => boolean | Promise<boolean>, problem: () => string, most = worth.nothing) => {
    const begun = performance.now();
    const isEnough = (turns: number): boolean => {
      const ms = performance.now() - begun;
      return (turns > mostTurns && ms > shortestMs) || ms > longestMs;
    };
    for (let turns = 0; !isEnough(turns); ) {
      if (await isSo()) return;
      if (await go(most)) turns += 1;
    }
    throw new Error(`it did not come to rest: ${problem()}\n${tell()}`);
  };
  const settled = async <Result>(work: Promise<Result>, most: number): Promise<Result> => {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    work.then(note, note);
    await until(
      () => isSettled,
      () => 'something asked for has no end',
      most,
    );
    return work;
  };
  return {
    clock,
    until: (isSo, problem) => until(isSo, problem),
    for: (work) => settled(work, worth.nothing),
    slowly: (work) => settled(work, worth.disk),
    async turns(count) {
      for (let at = 0; at < count; at += 1) await go(worth.nothing);
    },
    async quiet() {
      for (let quiet = 0; quiet < quietTurns; quiet += 1) {
        await turn();
        if (isDiskBusy(process.getActiveResourcesInfo())) quiet = 0;
      }
    },
  };
}

function isDiskBusy(waits: readonly string[]): boolean {
  return waits.some((each) => each.startsWith('FSReq'));
}
