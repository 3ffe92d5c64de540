import type { Clock } from '../../../src/platform/clock.ts';
import type { FakeClock } from '../../../src/platform/fake-clock.ts';

/** Lets a world go on: time in it passes by turns of this process, so that a loaded machine changes nothing. */
export interface Pace {
  readonly clock: Clock;
  /** Lets some turns pass. */
  turns(count: number): Promise<void>;
  /** Goes on until something is settled, and resolves or rejects with it. */
  for<Result>(work: Promise<Result>): Promise<Result>;
  /** Goes on until it is so. @throws Error with what `problem` says after {@link mostTurns}. */
  until(isSo: () => boolean | Promise<boolean>, problem: () => string): Promise<void>;
  /** Waits, while time stands still, until nothing is written or read any more. */
  quiet(): Promise<void>;
}

const mostTurns = 40_000;
const quietTurns = 3;

/** Milliseconds that a turn is worth: the more this process has to wait for itself, the fewer. */
const worth = { disk: 1, network: 20, nothing: 200 };

/** Makes the pace of a world over its clock; `tell` says what is going on in it, for whoever waits in vain. */
export function createPace(clock: FakeClock, tell: () => string): Pace {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const go = async (): Promise<void> => {
    await turn();
    const waits = process.getActiveResourcesInfo();
    const hasSockets = waits.some((each) => each === 'TCPSocketWrap' || each === 'TCPConnectWrap');
    clock.advance(isDiskBusy(waits) ? worth.disk : hasSockets ? worth.network : worth.nothing);
  };
  const until: Pace['until'] = async (isSo, problem) => {
    for (let at = 0; at < mostTurns; at += 1) {
      if (await isSo()) return;
      await go();
    }
    throw new Error(`it did not come to rest: ${problem()}\n${process.getActiveResourcesInfo().join()}\n${tell()}`);
  };
  return {
    clock,
    until,
    async turns(count) {
      for (let at = 0; at < count; at += 1) await go();
    },
    async for(work) {
      let isSettled = false;
      const settled = work.then(
        () => {
          isSettled = true;
        },
        () => {
          isSettled = true;
        },
      );
      await until(
        () => isSettled,
        () => 'something asked for has no end',
      );
      await settled;
      return work;
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
