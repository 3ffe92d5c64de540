import { type FailureClass, failureSignatures } from './console-failures.ts';
import type { ConsoleLine } from './console-line.ts';
import { createLiteralFinder } from './literal-finder.ts';

/** Something a server's output says about how the server is. */
export type ConsoleEvent =
  /** The game runs, and is of this version. */
  | { readonly kind: 'version'; readonly version: string; readonly revision?: string }
  /** What it is at while it starts; `percent` of that step, 0 to 100, where the game tells. */
  | { readonly kind: 'phase'; readonly phase: StartPhase; readonly percent?: number }
  /** Players can come in. */
  | { readonly kind: 'ready' }
  /** The remote console takes connections. */
  | { readonly kind: 'rcon'; readonly port: number }
  /** A save was asked for. It has not happened yet. */
  | { readonly kind: 'save-asked' }
  /** The world is on disk. One save may say it up to three times. */
  | { readonly kind: 'saved'; readonly ms?: number }
  | { readonly kind: 'shutdown'; readonly step: 'started' | 'exited' | 'finished' }
  /** An overloaded server keeps up again. */
  | { readonly kind: 'recovered' }
  | {
      readonly kind: 'failure';
      readonly failure: FailureClass;
      readonly fatal: boolean;
      /** The line, shortened. */
      readonly message: string;
      readonly hint: string;
    };

/** The steps of a start, in the words that a person reads. They come in this order; some servers skip some. */
export type StartPhase =
  | 'installing the game'
  | 'checking the game files'
  | 'launching'
  | 'connecting to Steam'
  | 'downloading workshop items'
  | 'opening ports in the router'
  | 'loading assets'
  | 'loading mods and maps'
  | 'loading the world';

/** A text with which a message begins, and what it means. */
interface Opening {
  readonly text: string;
  /** Undefined when the rest of the message says that it is something else. */
  readonly read: (message: string) => ConsoleEvent | undefined;
}

const phase = (name: StartPhase) => (): ConsoleEvent => ({ kind: 'phase', phase: name });
const shutdown = (step: 'started' | 'exited' | 'finished') => (): ConsoleEvent => ({ kind: 'shutdown', step });

function version(message: string): ConsoleEvent | undefined {
  const [, number, revision] = /^version=(\d+\.\d+(?:\.\d+)?)(?: ([0-9a-f]{6,40}))? demo=/.exec(message) ?? [];
  if (number === undefined) return undefined;
  return { kind: 'version', version: number, ...(revision === undefined ? {} : { revision }) };
}

function download(message: string): ConsoleEvent {
  const [, done, total] = /^Workshop: download (\d{1,15})\/(\d{1,15}) ID=/.exec(message) ?? [];
  const percent = Number(total) > 0 ? Math.min(100, (Number(done) / Number(total)) * 100) : undefined;
  return { kind: 'phase', phase: 'downloading workshop items', ...(percent === undefined ? {} : { percent }) };
}

function itemState(message: string): ConsoleEvent | undefined {
  return message.includes('-> Fail ID=') ? undefined : { kind: 'phase', phase: 'downloading workshop items' };
}

function rcon(message: string): ConsoleEvent | undefined {
  const [, port] = /^RCON: listening on port (\d{1,5})\b/.exec(message) ?? [];
  return port === undefined ? undefined : { kind: 'rcon', port: Number(port) };
}

function saveTook(message: string): ConsoleEvent | undefined {
  // Build 41 prints a fraction, build 42 whole milliseconds.
  const [, ms] = /^(?:SaveAll|Saving) took (\d{1,12}(?:\.\d+)?) ms/.exec(message) ?? [];
  return ms === undefined ? undefined : { kind: 'saved', ms: Number(ms) };
}

/** Messages that mean something from their first letter on. A player cannot write one: chat never opens a message. */
const openings: readonly Opening[] = [
  { text: 'cachedir set to "', read: phase('launching') },
  { text: 'server name is "', read: phase('launching') },
  { text: 'version=', read: version },
  { text: 'Loading networking libraries', read: phase('connecting to Steam') },
  { text: 'ZNet: Startup version', read: phase('connecting to Steam') },
  { text: 'Waiting for response from Steam servers', read: phase('connecting to Steam') },
  { text: 'Workshop: GetItemState()=', read: phase('downloading workshop items') },
  { text: 'Workshop: item state ', read: itemState },
  { text: 'Workshop: download ', read: download },
  { text: 'Router detection/configuration starting', read: phase('opening ports in the router') },
  { text: 'Initialising Server Systems', read: phase('loading assets') },
  { text: 'LOADING ASSETS: START', read: phase('loading assets') },
  { text: 'Looking in these map folders:', read: phase('loading mods and maps') },
  { text: 'Loading world...', read: phase('loading the world') },
  { text: 'checking server WorldVersion in map_t.bin', read: phase('loading the world') },
  { text: '*** SERVER STARTED ****', read: () => ({ kind: 'ready' }) },
  { text: 'RCON: listening on port ', read: rcon },
  { text: 'World saved', read: () => ({ kind: 'save-asked' }) },
  { text: 'SaveAll took ', read: saveTook },
  { text: 'Saving took ', read: saveTook },
  { text: 'Saving finish', read: () => ({ kind: 'saved' }) },
  { text: 'Shutdown handling started', read: shutdown('started') },
  { text: 'Shutdown handling finished', read: shutdown('finished') },
  { text: 'Server exited', read: shutdown('exited') },
  { text: 'Server is working normal', read: () => ({ kind: 'recovered' }) },
];

const openingsByLetter: ReadonlyMap<number, readonly Opening[]> = Map.groupBy(openings, ({ text }) =>
  text.charCodeAt(0),
);

/** Lines that quote what a person typed or is called: whatever else they hold, they say nothing about the server. */
const quoting =
  /ChatMessage\{|command entered via server console|RCON: ID=|Server alert message:|^User[ :]|Connected new client |Disconnected player |The player |username="/;

const shownCharacters = 300;
const longestIndent = 24;

/**
 * What a line says about its server; undefined for most lines. A save of build 42 gives several `saved` events.
 * Failures are looked for in every line, headers or not, since Java and the shell print some of them.
 */
export function readConsoleEvent(line: ConsoleLine): ConsoleEvent | undefined {
  const { message } = line;
  const candidates = openingsByLetter.get(message.charCodeAt(0));
  if (candidates) {
    for (const { text, read } of candidates) {
      const event = message.startsWith(text) ? read(message) : undefined;
      if (event) return event;
    }
  }
  if (line.kind !== 'entry') {
    const event = readInstaller(message);
    if (event) return event;
  }
  return readFailure(line);
}

/**
 * What SteamCMD says while it installs or checks the game, before the game itself says anything:
 *
 *     Update state (0x61) downloading, progress: 6.40 (458103807 / 7160173345)
 *     Update state (0x5) verifying install, progress: 12.04 (862101033 / 7160173345)
 *     Success! App '380870' fully installed.
 *
 * Colours and blanks may come before.
 */
function readInstaller(message: string): ConsoleEvent | undefined {
  const at = message.slice(0, longestIndent).search(/Update state|Success! App/);
  if (at === -1) return undefined;
  const text = message.slice(at, at + shownCharacters);
  if (text.startsWith('Success')) return { kind: 'phase', phase: 'launching' };
  const [, what, done] =
    /^Update state \(0x[0-9a-f]{1,8}\) ([a-z ]{1,40}), progress: (\d{1,3}(?:\.\d+)?) \(/.exec(text) ?? [];
  if (what === undefined) return undefined;
  const percent = Math.min(100, Number(done));
  return {
    kind: 'phase',
    phase: what.startsWith('verifying') ? 'checking the game files' : 'installing the game',
    percent,
  };
}

/** One look for all of them: most lines hold none. */
const holdsSignature = createLiteralFinder(failureSignatures.map(({ text }) => text));

function readFailure(line: ConsoleLine): ConsoleEvent | undefined {
  const { message } = line;
  if (line.kind === 'entry' && isDatabaseException(line.caller, message)) {
    return failed('user-database', true, `${line.caller}> ${message}`, 'the user database cannot be opened or made');
  }
  if (!holdsSignature(message)) return undefined;
  for (const { failure, text, also, fatal, hint } of failureSignatures) {
    if (!message.includes(text)) continue;
    if ((also && !also.test(message)) || quoting.test(message)) return undefined;
    return failed(failure, fatal, message, hint);
  }
  return undefined;
}

function isDatabaseException(caller: string | undefined, message: string): boolean {
  return (
    (caller === 'GameServer.main' || caller === 'ServerWorldDatabase.create') && message.startsWith('Exception thrown')
  );
}

function failed(failure: FailureClass, fatal: boolean, message: string, hint: string): ConsoleEvent {
  return { kind: 'failure', failure, fatal, message: message.slice(0, shownCharacters).trim(), hint };
}
