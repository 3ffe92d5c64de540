import { ZedopsError } from '../../protocol/errors.ts';
import type { LogChunk, LogPosition } from './runtime.ts';

/** Gathers lines of an engine's log, from a place on, into chunks. */
export interface LogLines {
  /** Adds the line whose text is `bytes` from `text` to before `end`, without its line feed. Copies what it keeps. */
  add(time: string, isError: boolean, bytes: Buffer, text: number, end: number): void;
  /** Says that no more lines come: what was held back while looking for the place is given out. */
  finish(): void;
  /** Bytes gathered since the last {@link take}. */
  size(): number;
  /** Takes what was gathered, if anything. */
  take(): LogChunk | undefined;
}

/** The shape of the engine's times: always UTC, always nine decimals, so that they compare as text. */
const timeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/**
 * Lines are stamped before they queue for the log file, stdout and stderr each for itself, so that one with an older time
 * may follow one with a newer. A place is therefore looked for among lines from this long before its time on.
 */
const disorderMs = 2_000;
const longestSearchBytes = 1024 * 1024;
const rememberedTimes = 32;
/** More than Docker gives twice at a rotation; in a flood a few megabytes, else next to nothing. */
const rememberedLines = 32_768;
/** Thirty seconds, doubled as the numbers are. */
const rememberedNanoseconds = 60e9;
const firstCapacity = 64 * 1024;

const feed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const out = 'o'.charCodeAt(0);
const err = 'e'.charCodeAt(0);

/** When to have the engine begin so that the place is found: its time less the possible disorder, in seconds. */
export function searchStart(after: LogPosition): string {
  const { seconds, fraction } = splitTime(after.time);
  return `${seconds - disorderMs / 1000}.${fraction}`;
}

/** Makes a gatherer of the lines after a place; without one, of all. */
export function createLogLines(after: LogPosition | undefined): LogLines {
  const times = createTimes();
  const repeats = createRepeats();
  const searchEnd = after === undefined ? '' : later(after.time, disorderMs);
  let target = after;
  let gathered = Buffer.allocUnsafe(firstCapacity);
  let length = 0;
  let count = 0;
  let position: LogPosition | undefined;

  const append = (time: string, isError: boolean, bytes: Buffer, text: number, end: number): void => {
    const needed = length + time.length + (end - text) + 4;
    if (needed > gathered.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, gathered.length * 2));
      gathered.copy(grown, 0, 0, length);
      gathered = grown;
    }
    if (count > 0) gathered[length++] = feed;
    length += gathered.write(time, length, 'latin1');
    gathered[length++] = space;
    gathered[length++] = isError ? err : out;
    gathered[length++] = space;
    length += bytes.copy(gathered, length, text, end);
    count += 1;
  };

  const clear = (): void => {
    length = 0;
    count = 0;
  };

  /** Looks at a line on the way to the place; says whether it belongs to what is given out, or may yet. */
  const search = (place: LogPosition, time: string, nth: number): boolean => {
    if (time === place.time) {
      if (nth < place.nth) return false;
      // What was held back came before the place after all.
      clear();
      target = undefined;
      return nth > place.nth;
    }
    if (time < place.time) return false;
    // The engine has dropped the place: all it still has comes after it.
    if (time > searchEnd || length > longestSearchBytes) target = undefined;
    return true;
  };

  return {
    add(time, isError, bytes, text, end) {
      if (repeats.has(time, isError)) return;
      const nth = times.count(time);
      if (target && !search(target, time, nth)) return;
      const isReturned = end > text && bytes[end - 1] === carriageReturn;
      append(time, isError, bytes, text, isReturned ? end - 1 : end);
      position = { time, nth };
    },
    finish() {
      target = undefined;
    },
    size: () => length,
    take() {
      if (target || count === 0 || !position) return undefined;
      const text = gathered.toString('utf8', 0, length);
      const chunk = { count, text: text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text, position };
      clear();
      return chunk;
    },
  };
}

/**
 * Knows the lines that an engine gives twice: Docker 20.10, followed over a rotation of its log file, begins again some
 * lines back. Only a line that was there before is taken for one; an older one that was not is passed on.
 */
function createRepeats(): { has(time: string, isError: boolean): boolean } {
  // Two generations: a set that is emptied from its oldest end grows slow.
  let younger = new Set<number>();
  let older = new Set<number>();
  let begun = 0;
  let newest = '';
  let wasRepeat = false;
  const remember = (key: number): void => {
    const age = key - begun;
    // At midnight the numbers begin anew.
    if (younger.size >= rememberedLines || age > rememberedNanoseconds || age < -rememberedNanoseconds) {
      older = younger;
      younger = new Set();
      begun = key;
    }
    younger.add(key);
  };
  return {
    has(time, isError) {
      const key = keyOf(time, isError);
      // Lines may share the newest time; that one was given twice only where those before it were too.
      const mayRepeat = time < newest || (time === newest && wasRepeat);
      wasRepeat = mayRepeat && (younger.has(key) || older.has(key));
      if (wasRepeat) return true;
      if (time > newest) newest = time;
      remember(key);
      return false;
    },
  };
}

/** A time and an output as one number, exact within a day: twice the nanoseconds since midnight, and one for stderr. */
function keyOf(time: string, isError: boolean): number {
  const minutes = Number(time.slice(11, 13)) * 60 + Number(time.slice(14, 16));
  const nanoseconds = Number(`${time.slice(17, 19)}${time.slice(20, 29)}`);
  return (minutes * 60e9 + nanoseconds) * 2 + (isError ? 1 : 0);
}

/** Counts lines of the same time, also where a few lines of other times lie between them. */
function createTimes(): { count(time: string): number } {
  const recent: { time: string; lines: number }[] = [];
  let newest: { time: string; lines: number } | undefined;
  return {
    count(time) {
      if (newest?.time === time) {
        newest.lines += 1;
        return newest.lines;
      }
      // Almost always: a time later than all before.
      const known = newest === undefined || time > newest.time ? undefined : recent.find((one) => one.time === time);
      if (known) {
        known.lines += 1;
        return known.lines;
      }
      const added = { time, lines: 1 };
      recent.push(added);
      if (recent.length > rememberedTimes) recent.shift();
      if (newest === undefined || time > newest.time) newest = added;
      return 1;
    },
  };
}

function splitTime(time: string): { readonly seconds: number; readonly fraction: string } {
  if (!timeShape.test(time)) {
    throw new ZedopsError('INVALID_INPUT', `"${time.slice(0, 64)}" is not a time of the engine's log`);
  }
  return { seconds: Date.parse(`${time.slice(0, 19)}Z`) / 1000, fraction: time.slice(20, 29) };
}

function later(time: string, ms: number): string {
  const { seconds, fraction } = splitTime(time);
  return `${new Date(seconds * 1000 + ms).toISOString().slice(0, 19)}.${fraction}Z`;
}
