import { mayPass } from '../client/outage.ts';
import { pause } from '../platform/clock.ts';
import { stripControls } from '../platform/terminal-text.ts';
import type { ServerPlayer } from '../protocol/entities/player.ts';
import { ZedopsError } from '../protocol/errors.ts';
import type { Context } from './command.ts';
import { counted, moment } from './format.ts';
import { playersTable } from './player-text.ts';
import { jsonText } from './talk.ts';

/** What one look at the players came to. */
interface Look {
  readonly players: readonly ServerPlayer[];
  readonly unknown: readonly string[];
}

const everyMs = 2_000;
/** The whole screen is cleared and written again from its first line. */
const clearScreen = '\u001b[H\u001b[2J';

/**
 * Shows who is online until the signal ends it: on a terminal as a list that is drawn anew, elsewhere a line for each
 * who is there at first, comes or goes. A connection that is lost is tried again.
 * @throws ZedopsError what does not pass by itself; CANCELLED at the signal.
 */
export async function watchPlayers(ask: () => Promise<Look>, context: Context): Promise<never> {
  const { io, clock, signal, globals, talk } = context;
  const isScreen = io.outIsTty && !globals.json && io.env.TERM !== 'dumb';
  let before: ReadonlyMap<string, ServerPlayer> | undefined;
  let isLost = false;
  for (;;) {
    try {
      const look = await ask();
      if (isLost) talk.note('the connection is back');
      isLost = false;
      if (isScreen) draw(look, context);
      else before = tellChanges(look, before, context);
    } catch (error) {
      if (signal.aborted || !mayPass(error) || (before === undefined && !isScreen)) throw error;
      if (!isLost) talk.note('the connection is lost; trying to come back');
      isLost = true;
    }
    await pause(clock, everyMs, signal);
    if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  }
}

function draw({ players, unknown }: Look, { io, clock }: Context): void {
  const online = players.filter((player) => player.online).length;
  const also = unknown.length === 0 ? '' : `; not known of ${unknown.join(', ')}`;
  const head = `${counted(online, 'player')} online at ${moment(new Date(clock.now()).toISOString())}${also}`;
  io.stdout.write(`${clearScreen}${stripControls(head)}\n\n${playersTable(players, clock.now())}\n`);
}

/** Players of servers that nobody can tell about now stay as they were: they have not left. */
function tellChanges(
  { players, unknown }: Look,
  before: ReadonlyMap<string, ServerPlayer> | undefined,
  context: Context,
): ReadonlyMap<string, ServerPlayer> {
  const now = new Map(players.filter(({ online }) => online).map((player) => [keyOf(player), player]));
  for (const [key, player] of before ?? []) {
    if (now.has(key)) continue;
    if (unknown.includes(player.server)) now.set(key, player);
    else tell('left', player, context);
  }
  for (const [key, player] of now) {
    if (!before?.has(key)) tell(before === undefined ? 'online' : 'joined', player, context);
  }
  return now;
}

function tell(change: 'online' | 'joined' | 'left', player: ServerPlayer, { io, globals, clock }: Context): void {
  const at = new Date(clock.now()).toISOString();
  const line = globals.json
    ? jsonText({ at, change, player })
    : `${moment(at)}  ${stripControls(player.server)}  ${change}  ${stripControls(player.name)}`;
  io.stdout.write(`${line}\n`);
}

function keyOf({ serverId, name }: ServerPlayer): string {
  return `${serverId} ${name}`;
}
