import * as z from 'zod';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { PlayerSession } from '../../protocol/entities/player.ts';
import { playerHistory, playerList, playerShow } from '../../protocol/operations/player.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { readPointInTime } from '../input/point-in-time.ts';
import { type Cell, duration, moment, table } from '../output/format.ts';
import { playerDetails } from '../output/player-details.ts';
import { playersTable } from '../output/player-text.ts';
import { watchPlayers } from '../output/watch-players.ts';
import { playerActionCommands } from './player-actions.ts';

const listCommand = command({
  words: 'player list',
  summary: playerList.summary,
  details: [
    'Hosts hear from the game who is online; servers of which that is not known are named in a remark. With --all everyone is listed who was seen as long as the setting manager.playerRetention says, a year where nobody changed it.',
    'With --watch the list is drawn anew on a terminal; elsewhere each one who comes or goes is a line, with --json an object of its own.',
  ],
  subject: playerList.subject,
  input: playerList.request.extend({
    watch: z.boolean().default(false).describe('go on, and show who comes and goes'),
  }),
  positional: ['server'],
  flags: { on: { placeholder: 'selector' }, limit: { short: 'n', placeholder: 'players' }, watch: { short: 'w' } },
  examples: ['zedops player list', 'zedops player list alpha --all', "zedops player list --on 'tag=eu' --watch"],
  async run({ watch, ...request }, context) {
    const manager = await context.manager();
    if (watch) {
      await watchPlayers(request, manager, context);
      return undefined;
    }
    const reply = await manager.call(playerList, request, context.signal);
    if (reply.unknown.length > 0) {
      const names = `${reply.unknown.slice(0, 10).join(', ')}${reply.unknown.length > 10 ? ', …' : ''}`;
      context.talk.note(`who is online is not known of ${names}`);
    }
    context.talk.show(reply, () => playersTable(reply.players, context.clock.now()));
    return undefined;
  },
});

const historyCommand = command({
  words: 'player history',
  summary: playerHistory.summary,
  details: [
    'Newest stay first. A stay ends when the host says so: left, was kicked or banned, or the server stopped or crashed. Where nobody said, it is counted up to the last sign of the player and marked unknown; while the host is away it is marked so.',
    'With --events what they did follows, oldest first: joins, deaths, chat, kicks, bans and refusals of the last 90 days.',
  ],
  subject: playerHistory.subject,
  input: playerHistory.request.extend({
    since: z.string().optional().describe('from this time on: 10m, 2h, 3d ago, or an ISO time'),
    events: z.boolean().default(false).describe('also what they did, and what they said'),
  }),
  positional: ['player'],
  flags: { limit: { short: 'n', placeholder: 'stays' }, since: { placeholder: 'time' } },
  examples: ['zedops player history mara', 'zedops player history mara --server alpha --since 7d --events'],
  async run({ since, events, ...filters }, context) {
    const from = since === undefined ? {} : { since: readPointInTime(since, '--since', context.clock.now()) };
    const manager = await context.manager();
    const reply = await manager.call(playerHistory, { ...filters, ...from }, context.signal);
    const shown = events ? reply : { ...reply, events: [] };
    context.talk.show(shown, () => {
      const stays = shown.sessions.length === 0 ? '' : table(stayHead, shown.sessions.map(stayRow));
      return [stays, shown.events.map(eventLine).join('\n')].filter((part) => part !== '').join('\n\n');
    });
    return undefined;
  },
});

/** The commands of `zedops player`. */
export const playerCommands: readonly Command[] = [
  listCommand,
  fromOperation(playerShow, {
    words: 'player show',
    details: [
      'Names under which the same Steam account was seen, here or on other servers, stand under “also seen as”.',
      'Access level and bans are read from the server’s own database, as the game has them; where that cannot be read, the reason stands there.',
    ],
    positional: ['player'],
    examples: ['zedops player show mara', 'zedops player show 76561198000000001 --json'],
    answer: 'show',
    text: ({ servers, names = [] }) => servers.map((player) => playerDetails(player, names)).join('\n\n'),
  }),
  historyCommand,
  ...playerActionCommands,
];

const stayHead = ['NAME', 'SERVER', 'FROM', 'TO', 'LENGTH', 'END', 'DEATHS'] as const;

const endings: Readonly<Record<PlayerSession['state'], string>> = {
  open: 'online',
  away: 'host is away',
  left: 'left',
  stopped: 'server stopped',
  crashed: 'server crashed',
  unknown: 'unknown',
};

function stayRow({ name, server, joinedAt, leftAt, seenAt, state, removed, deaths }: PlayerSession): Cell[] {
  const seconds = (Date.parse(leftAt ?? seenAt) - Date.parse(joinedAt)) / 1000;
  const isAtLeast = leftAt === undefined || state === 'unknown';
  return [
    name,
    server,
    moment(joinedAt),
    leftAt === undefined ? undefined : moment(leftAt),
    `${isAtLeast ? '≥ ' : ''}${duration(seconds)}`,
    removed ?? endings[state],
    deaths === 0 ? undefined : String(deaths),
  ];
}

function eventLine({ at, server, host, text, player }: FleetEvent): string {
  const said = player?.chat === undefined ? text : `${player.name}: ${player.chat.text}`;
  return `${moment(at)}  ${stripControls(server ?? host)}  ${stripControls(said)}`;
}
