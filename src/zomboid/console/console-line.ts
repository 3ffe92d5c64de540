/** How loud a line of the game is. NOISE exists from build 42 on. */
export type ConsoleLevel = 'TRACE' | 'NOISE' | 'DEBUG' | 'LOG' | 'WARN' | 'ERROR';

/** A line with the game's own header. What the line does not say is undefined. */
export interface ConsoleEntry {
  readonly kind: 'entry';
  readonly level: ConsoleLevel;
  /** `General`, `Network`, `Lua`…: an open set. */
  readonly category: string;
  /** Milliseconds since 1970. Builds from 42.16 on do not print it. */
  readonly epochMs: number | undefined;
  /** The game's own count of milliseconds; its start means nothing, differences do. */
  readonly uptimeMs: number | undefined;
  /** Code that wrote the line, such as `ModelScript.check`. */
  readonly caller: string | undefined;
  /** `dd-MM-yy HH:mm:ss.SSS` in the server's time zone; only in `DebugLog-server` files. */
  readonly wallTime: string | undefined;
  readonly message: string;
}

/** A line without a header: one that goes on with the entry before it, or one of another program. */
export interface HeaderlessLine {
  readonly kind: 'continuation' | 'plain';
  readonly message: string;
}

/** One line of a server's output. */
export type ConsoleLine = ConsoleEntry | HeaderlessLine;

const space = 0x20;
const comma = 0x2c;
const colon = 0x3a;
const greater = 0x3e;

/**
 * Reads one line, without its line feed, of a server of build 41 or 42:
 *
 *     LOG  : General     , 1714824465202> 1,208,208,614> message          41.78
 *     LOG  : General      f:0, t:1776297642123, st:48,648,157,434> message   42.0 to 42.15
 *     LOG  : Network      f:0 st:34,907,676 at Some.caller      > message   from 42.16 on
 *
 * `DebugLog-server` files put `[dd-MM-yy HH:mm:ss.SSS] ` before the line and a dot after it. Every character is looked
 * at once, so that no line can make it slow.
 */
export function parseConsoleLine(line: string): ConsoleLine {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  const text = end === line.length ? line : line.slice(0, end);
  const first = text.charCodeAt(0);
  if (first === 0x5b) {
    const close = wallTimeEnd(text);
    if (close !== 0) {
      const entry = parseEntry(text.endsWith('.') ? text.slice(0, -1) : text, close + 2, text.slice(1, close));
      if (entry) return entry;
    }
  } else if (first >= 0x44 && first <= 0x57) {
    const entry = parseEntry(text, 0, undefined);
    if (entry) return entry;
  }
  return { kind: continues(text, first) ? 'continuation' : 'plain', message: text };
}

function parseEntry(text: string, start: number, wallTime: string | undefined): ConsoleEntry | undefined {
  const level = levelAt(text, start);
  if (level === undefined) return undefined;
  let at = skipSpaces(text, start + level.length);
  if (text.charCodeAt(at) !== colon || text.charCodeAt(at + 1) !== space) return undefined;
  at += 2;
  const categoryStart = at;
  while (at < text.length && text.charCodeAt(at) !== space && text.charCodeAt(at) !== comma) at += 1;
  const category = text.slice(categoryStart, at);
  at = skipSpaces(text, at);
  if (category === '') return undefined;
  const head = { level, category, wallTime };
  return text.charCodeAt(at) === comma ? parse41(text, at + 1, head) : parse42(text, at, head);
}

/** What stands before the part in which the builds differ. */
interface Head {
  readonly level: ConsoleLevel;
  readonly category: string;
  readonly wallTime: string | undefined;
}

function parse41(text: string, start: number, head: Head): ConsoleEntry | undefined {
  const epochStart = skipSpaces(text, start);
  const epochEnd = skipDigits(text, epochStart);
  if (epochEnd - epochStart < 10 || epochEnd - epochStart > 14) return undefined;
  if (text.charCodeAt(epochEnd) !== greater) return undefined;
  const epochMs = groupedNumber(text, epochStart, epochEnd);
  let at = skipSpace(text, epochEnd + 1);
  let uptimeMs: number | undefined;
  // The first lines of a start have no second number.
  const uptimeEnd = skipGrouped(text, at);
  if (uptimeEnd > at && text.charCodeAt(uptimeEnd) === greater) {
    uptimeMs = groupedNumber(text, at, uptimeEnd);
    at = skipSpace(text, uptimeEnd + 1);
  }
  return withMessage(text, at, head, epochMs, uptimeMs, undefined);
}

function parse42(text: string, start: number, head: Head): ConsoleEntry | undefined {
  if (!isField(text, start, 0x66)) return undefined;
  let at = skipDigits(text, start + 2);
  if (at === start + 2) return undefined;
  let epochMs: number | undefined;
  let uptimeMs: number | undefined;
  let caller: string | undefined;
  let from = fieldStart(text, at);
  if (isField(text, from, 0x74)) {
    at = skipDigits(text, from + 2);
    epochMs = groupedNumber(text, from + 2, at);
    from = fieldStart(text, at);
  }
  if (text.charCodeAt(from) === 0x73 && isField(text, from + 1, 0x74)) {
    at = skipGrouped(text, from + 3);
    uptimeMs = groupedNumber(text, from + 3, at);
  }
  if (text.charCodeAt(at + 1) === 0x61 && text.startsWith(' at ', at)) {
    from = at + 4;
    at = callerEnd(text, from);
    caller = text.slice(from, at).trimEnd();
  }
  at = skipSpaces(text, at);
  if (text.charCodeAt(at) !== greater) return undefined;
  return withMessage(text, skipSpace(text, at + 1), head, epochMs, uptimeMs, caller);
}

/** Says whether a field of one letter and a colon begins here. */
function isField(text: string, at: number, letter: number): boolean {
  return text.charCodeAt(at) === letter && text.charCodeAt(at + 1) === colon;
}

/** Older builds write the caller into the message: `Class.method      > message`. */
function withMessage(
  text: string,
  at: number,
  head: Head,
  epochMs: number | undefined,
  uptimeMs: number | undefined,
  given: string | undefined,
): ConsoleEntry {
  let caller = given;
  let message = text.slice(at);
  if (caller === undefined) {
    const end = skipIdentifier(message);
    const close = end === 0 ? 0 : skipSpaces(message, end);
    if (close !== 0 && message.charCodeAt(close) === greater && message.charCodeAt(close + 1) === space) {
      caller = message.slice(0, end);
      message = message.slice(close + 2);
    }
  }
  const { level, category, wallTime } = head;
  return { kind: 'entry', level, category, epochMs, uptimeMs, caller, wallTime, message };
}

function levelAt(text: string, at: number): ConsoleLevel | undefined {
  switch (text.charCodeAt(at)) {
    case 0x4c:
      return text.startsWith('LOG', at) ? 'LOG' : undefined;
    case 0x57:
      return text.startsWith('WARN', at) ? 'WARN' : undefined;
    case 0x45:
      return text.startsWith('ERROR', at) ? 'ERROR' : undefined;
    case 0x44:
      return text.startsWith('DEBUG', at) ? 'DEBUG' : undefined;
    case 0x54:
      return text.startsWith('TRACE', at) ? 'TRACE' : undefined;
    case 0x4e:
      return text.startsWith('NOISE', at) ? 'NOISE' : undefined;
    default:
      return undefined;
  }
}

/** Where the `]` of `[24-09-26 18:05:09.123] ` stands; 0 when the text does not begin so. */
function wallTimeEnd(text: string): number {
  const close = 22;
  if (text.charCodeAt(close) !== 0x5d || text.charCodeAt(close + 1) !== space) return 0;
  return text.charAt(3) === '-' && text.charAt(6) === '-' && text.charAt(12) === ':' ? close : 0;
}

/** Stack traces of Java and Lua, whose first line was an entry. */
function continues(text: string, first: number): boolean {
  if (first === space || first === 0x09) return true;
  if (first === 0x2d) return text.startsWith('-----');
  if (first === 0x2e) return text.startsWith('... ');
  if (first === 0x43) return text.startsWith('Caused by: ');
  if (first === 0x53) return text === 'STACK TRACE' || text.startsWith('Suppressed: ');
  return first === 0x66 && text.startsWith('function: ');
}

function skipSpace(text: string, at: number): number {
  return text.charCodeAt(at) === space ? at + 1 : at;
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === space) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

/** Fields are set apart by a space, and in older builds by a comma before it. */
function fieldStart(text: string, at: number): number {
  return skipSpace(text, text.charCodeAt(at) === comma ? at + 1 : at);
}

/** Thousands are grouped as the machine's locale does it: `1,208` `1.208` `1'208` `1 208` with several kinds of space. */
function isGrouping(code: number): boolean {
  return code === comma || code === 0x2e || code === 0x27 || code === 0xa0 || code === 0x202f || code === 0x2019;
}

function skipGrouped(text: string, start: number): number {
  let at = skipDigits(text, start);
  while (at > start && isDigit(text.charCodeAt(at + 1))) {
    const code = text.charCodeAt(at);
    if (!isGrouping(code) && code !== space) break;
    at = skipDigits(text, at + 1);
  }
  return at;
}

function groupedNumber(text: string, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) value = value * 10 + code - 0x30;
  }
  return end > start && Number.isSafeInteger(value) ? value : undefined;
}

/** A caller ends at the first `>` that does not close a `<`, as in `Some.<init>`. */
function callerEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x3c) depth += 1;
    else if (code === greater && depth === 0) break;
    else if (code === greater) depth -= 1;
  }
  return at;
}

/** The end of `Class.method` at the start of a message; 0 when there is none. */
function skipIdentifier(message: string): number {
  let dotted = false;
  let at = 0;
  for (; at < message.length; at += 1) {
    const code = message.charCodeAt(at);
    const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
    if (letter || code === 0x24 || code === 0x5f) continue;
    if (at === 0) return 0;
    if (code === 0x2e) dotted = true;
    else if (!isDigit(code)) break;
  }
  return dotted ? at : 0;
}
