import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { followPlayers, type PlayersWish } from '../../client/follow/follow-players.ts';
import type { PlayersLook, PresenceChange } from '../../client/follow/presence.ts';
import { isoTime } from '../../platform/clock.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { Context } from '../grammar/command.ts';
import { counted, moment } from './format.ts';
import { playersTable } from './player-text.ts';
import { jsonText } from './talk.ts';

/** How often a list on a terminal is drawn anew though nobody came or went: it says since when they are there. */
const redrawMs = 5_000;
/** The whole screen is cleared and written again from its first line. */
const clearScreen = '\u001b[H\u001b[2J';

/**
 * Shows who is online until the signal ends it: on a terminal as a list that is drawn anew, elsewhere a line for each
 * who is there at first, comes or goes. A connection that is lost is tried again.
 * @throws ZedopsError what does not pass by itself; CANCELLED at the signal.
 */
export async function watchPlayers(wish: PlayersWish, manager: ManagerClient, context: Context): Promise<void> {
  const { io, clock, signal, globals, talk } = context;
  const isScreen = io.outIsTty && !globals.json && io.env.TERM !== 'dumb';
  let shown: PlayersLook | undefined;
  const redraw = (): void => {
    if (shown) draw(shown, context);
  };
  const stop = isScreen ? clock.every(redrawMs, redraw) : undefined;
  try {
    await followPlayers(wish, {
      open: (ended) => manager.open(ended),
      take(look, changes) {
        shown = look;
        if (isScreen) redraw();
        else for (const change of changes) tell(change, context);
      },
      onConnection: (state) =>
        talk.note(state === 'lost' ? 'the connection is lost; trying to come back' : 'the connection is back'),
      clock,
      signal,
    });
  } finally {
    stop?.();
  }
}

function draw({ players, unknown }: PlayersLook, { io, clock }: Context): void {
  const online = players.filter((player) => player.online).length;
  const also = unknown.length === 0 ? '' : `; not known of ${unknown.join(', ')}`;
  const head = `${counted(online, 'player')} online at ${moment(isoTime(clock.now()))}${also}`;
  io.stdout.write(`${clearScreen}${stripControls(head)}\n\n${playersTable(players, clock.now())}\n`);
}

function tell({ at, change, player }: PresenceChange, { io, globals }: Context): void {
  const line = globals.json
    ? jsonText({ at, change, player })
    : `${moment(at)}  ${stripControls(player.server)}  ${change}  ${stripControls(player.name)}`;
  io.stdout.write(`${line}\n`);
}
