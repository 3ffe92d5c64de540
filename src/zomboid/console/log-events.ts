import { type ConsoleEvent, readConsoleEvent } from './console-events.ts';
import type { ConsoleLine } from './console-line.ts';

/**
 * What kind of thing a line tells, coarse enough to filter by. `start`: a step of the start. `ready`: players can come in.
 * `error`: a known failure, or a line that the game itself calls an error.
 */
export const logEventKinds = ['start', 'ready', 'save', 'stop', 'player', 'mod', 'error'] as const;

/** One of {@link logEventKinds}. */
export type LogEventKind = (typeof logEventKinds)[number];

/** What a line tells. */
export interface LogEvent {
  readonly kind: LogEventKind;
  /** The player it is about, where the line names one. */
  readonly player?: string;
  /** The mod, or the workshop item, it is about. */
  readonly mod?: string;
}

/** A text with which a message begins, and what the rest of it says. */
interface Opening {
  readonly text: string;
  /** Its first group, where there is one, is the name. */
  readonly rest: RegExp;
  readonly kind: 'player' | 'mod';
}

/** A name, or the number of a connection that build 42 prints in its place. */
const newClient = /^(?:\d+|(.{1,128}?)) ID # ?\d/;
const username = /^(?:.{0,400}?username="([^"\n]{1,128})"|(?=.))/;

/** Messages about players and mods, from their first letter on; those of builds 41 and 42 beside one another. */
const openings: readonly Opening[] = [
  { text: "User:'", rest: /^([^'\n]{1,128})' ip:/, kind: 'player' },
  { text: 'User ', rest: /^([^'\n]{1,128}?) is trying to connect/, kind: 'player' },
  { text: 'Connected new client ', rest: newClient, kind: 'player' },
  { text: 'Disconnected player ', rest: /^"([^"\n]{1,128})"/, kind: 'player' },
  { text: 'The player ', rest: /^(.{1,128}?) was kicked\./, kind: 'player' },
  { text: 'Steam client ', rest: /^\d{1,20} is initiating a connection/, kind: 'player' },
  { text: 'ConnectionManager: [', rest: username, kind: 'player' },
  { text: 'connection: guid=', rest: username, kind: 'player' },
  { text: 'Got message:ChatMessage{', rest: /^.{0,300}?author='(.{1,128}?)', text='/, kind: 'player' },
  { text: 'loading ', rest: /^(\S{1,200})$/, kind: 'mod' },
  { text: 'Workshop: ', rest: /^(?:.{0,300}?ID=(\d{1,20})\b|(?=.))/, kind: 'mod' },
  { text: 'CheckModsNeedUpdate: ', rest: /^/, kind: 'mod' },
  { text: 'required mod "', rest: /^([^"\n]{1,200})" not found/, kind: 'mod' },
];

const openingsByLetter: ReadonlyMap<number, readonly Opening[]> = Map.groupBy(openings, ({ text }) =>
  text.charCodeAt(0),
);

/** `[24-09-26 18:05:09.123] > ` stands before what build 41 says of connections. */
const connectionStamp = '] > ConnectionManager: [';

/** What a line tells; undefined for most lines. One table for both builds; what it does not know tells nothing. */
export function readLogEvent(line: ConsoleLine): LogEvent | undefined {
  const { message } = line;
  const about = readOpening(line, message.startsWith(connectionStamp, 22) ? message.slice(26) : message);
  if (about) return about;
  const event = readConsoleEvent(line);
  if (event) return ofConsole(event);
  return line.kind === 'entry' && line.level === 'ERROR' ? { kind: 'error' } : undefined;
}

function readOpening(line: ConsoleLine, message: string): LogEvent | undefined {
  const candidates = openingsByLetter.get(message.charCodeAt(0));
  if (!candidates) return undefined;
  for (const { text, rest, kind } of candidates) {
    if (!message.startsWith(text)) continue;
    // "loading" is a word that others use too; of mods only their own category speaks so.
    if (text === 'loading ' && !(line.kind === 'entry' && line.category === 'Mod')) continue;
    const found = rest.exec(message.slice(text.length, text.length + longestRest));
    if (found) return named(kind, found[1]);
  }
  return undefined;
}

const longestRest = 1024;

function named(kind: 'player' | 'mod', name: string | undefined): LogEvent {
  if (name === undefined) return { kind };
  return kind === 'player' ? { kind, player: name } : { kind, mod: name };
}

function ofConsole({ kind }: ConsoleEvent): LogEvent | undefined {
  switch (kind) {
    case 'version':
    case 'phase':
      return { kind: 'start' };
    case 'ready':
    case 'rcon':
      return { kind: 'ready' };
    case 'save-asked':
    case 'saved':
      return { kind: 'save' };
    case 'shutdown':
      return { kind: 'stop' };
    case 'failure':
      return { kind: 'error' };
    case 'recovered':
      return undefined;
  }
}
