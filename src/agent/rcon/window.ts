/** How much a session may have under way at once, learned from how a server takes it. */
export interface SendWindow {
  /** Whether another command of so many bytes may go out beside those under way. Nothing under way: always. */
  hasRoom(underWay: { readonly count: number; readonly bytes: number }, bytes: number, isUrgent: boolean): boolean;
  /** An answer came so many milliseconds after its command; `isFull` where others wait for room. */
  answered(ms: number, isFull: boolean): void;
  /** Something went wrong while several were under way: from now on there is one at a time. */
  narrow(): void;
}

const fewest = 8;
const most = 256;
/** Urgent ones go out past a full window; there is never more than a few. */
const urgentRoom = 8;
/** The real game does one command in each turn of its main loop, 50 to 150 ms: more under way would only wait there. */
const promptMs = 30;
const slowMs = 500;
const bytesEach = 40;
const fewestBytes = 1_200;
/** What a new connection sends without waiting for the other side: ten segments, some of which urgent ones may take. */
const mostBytes = 8 * 1_200;

/** Makes the window of one run of a game: small, until that game shows that it keeps up. */
export function createSendWindow(): SendWindow {
  let count = fewest;
  let isNarrow = false;
  return {
    hasRoom(underWay, bytes, isUrgent) {
      if (underWay.count === 0) return true;
      if (isNarrow) return false;
      if (isUrgent) return underWay.count < count + urgentRoom;
      const room = Math.min(mostBytes, Math.max(fewestBytes, count * bytesEach));
      return underWay.count < count && underWay.bytes + bytes <= room;
    },
    answered(ms, isFull) {
      if (ms > slowMs) count = Math.max(fewest, Math.floor(count / 2));
      else if (ms <= promptMs && isFull) count = Math.min(most, count + 1);
    },
    narrow() {
      isNarrow = true;
    },
  };
}
