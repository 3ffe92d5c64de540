import type { LoggedPlayer } from '../game-log/log-events.ts';
import type { ConsoleLine } from './console-line.ts';

/** Somebody came or went, as the console says it: without a place, which only the files in `Logs/` have. */
export interface ConsoleArrival {
  readonly kind: 'joined' | 'left';
  readonly player: LoggedPlayer;
}

const hints = ['ConnectionManager: [', 'Disconnected player "', '] "receive-disconnect"', '[fully-connected]'];

/** Says whether text of a console may name somebody who came or went: a cheap look before lines are taken apart. */
export function mayNameArrivals(text: string): boolean {
  return hints.some((hint) => text.includes(hint));
}

const longestMessage = 4_096;

/** Build 41, after the header where there is one; the time is the server's own. */
const connection41 =
  /^(?:\[\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] > )?ConnectionManager: \[(fully-connected|disconnect)\] "[^"]{0,64}" connection: guid=\d{1,20} ip=\S{1,64} steam-id=(\d{1,20}) access=(?:"[^"]{0,32}"|[^ "]{0,32}) username="(.*)" connection-type="[^"]{0,32}"$/s;

/** Build 42, which names a player only where it was told to say more than it does by itself. */
const connection42 =
  /^connection: guid=\d{1,20} ip=\S{1,64} steam-id=(\d{1,20}) role=[^"]{0,64} username="(.*)" connection-type="[^"]{0,32}" \[(fully-connected|disconnect)\] "[^"]{0,64}"$/s;

const gone41 = /^Disconnected player "(.*)" (\d{1,20})$/s;

/**
 * Who came or went, in lines such as these of build 41 (the first two) and 42:
 *
 *     [30-11-24 01:08:10.678] > ConnectionManager: [fully-connected] "" connection: guid=… … username="mara" connection-type="UDPRakNet"
 *     Disconnected player "mara" 76561198000000001
 *     connection: guid=… ip=… steam-id=… role=user username="mara" connection-type="Steam" [disconnect] "receive-disconnect"
 *
 * A name is what stands between the game's own words at both ends of the line, so that none can make a line mean something
 * else. `Connected new client` is not read: it comes before somebody is let in, and build 42 has a number in its place.
 */
export function readConsoleArrival({ kind, message }: ConsoleLine): ConsoleArrival | undefined {
  if (kind === 'continuation' || message.length > longestMessage) return undefined;
  const [, event41, id41, name41] = connection41.exec(message) ?? [];
  if (event41 !== undefined) return arrival(event41, name41, id41);
  const [, id42, name42, event42] = connection42.exec(message) ?? [];
  if (event42 !== undefined) return arrival(event42, name42, id42);
  const [, gone, idGone] = gone41.exec(message) ?? [];
  return gone === undefined ? undefined : arrival('disconnect', gone, idGone);
}

function arrival(event: string, name = '', id = ''): ConsoleArrival | undefined {
  // Whoever hangs up before they are let in has no name yet.
  if (name === '') return undefined;
  const player = /^7656119\d{10}$/.test(id) ? { name, steamId: id } : { name };
  return { kind: event === 'fully-connected' ? 'joined' : 'left', player };
}
