import type { GameLogEvent } from './log-events.ts';
import type { GameLogType } from './log-file-name.ts';

/** A line as a game writes it, and what it means; without `event` it means nothing here and passes through. */
export interface CorpusLine {
  readonly build: 41 | 42;
  readonly type: GameLogType;
  readonly line: string;
  readonly level?: string;
  readonly event?: GameLogEvent;
}

const id = '76561198000000001';
const mara = { name: 'mara', steamId: id };
const place = { x: 10_600, y: 9_400, z: 0 };
const at = '[24-09-26 18:05:09.123]';

/** Lines in the formats that servers of both builds write to `Logs/`, with names as players have them. */
export const corpus: readonly CorpusLine[] = [
  // Coming and going.
  line(41, 'user', `${at} added connection index=3 192.0.2.7`),
  line(41, 'user', `${at} ${id} "mara" attempting to join`, { kind: 'trying', player: mara }),
  line(42, 'user', `${at} ${id} "mara" attempting to join used preferred queue`),
  line(42, 'user', `${at} Connection add index=0 guid=1000000000007919 id=${id}`),
  line(41, 'user', `${at} ${id} "mara" was added`, { kind: 'account', player: mara }),
  line(42, 'user', `${at} ${id} "mara" allowed to join`, { kind: 'allowed', player: mara }),
  line(41, 'user', `${at} ${id} "mara" fully connected (10600,9400,0)`, joined('mara')),
  line(42, 'user', `${at} ${id} "mara" fully connected (10600,9400,0)`, joined('mara')),
  line(41, 'user', `${at} player mara loading time was: 41235 ms`),
  line(41, 'user', `${at} ${id} "mara" disconnected player (10600,9400,0)`, left('mara')),
  line(42, 'user', `${at}[warning] ${id} "mara" disconnected player (10600,9400,0)`, left('mara'), 'warning'),
  line(41, 'user', `${at} ${id} "mara" removed connection index=3`),
  line(42, 'user', `${at} ${id} "mara" sent google secret key`),
  line(42, 'user', `${at} Warning: player="mara" type="Type15" issuer="server"`),
  line(41, 'user', `${at} 3 "mara" fully connected (-12,9400,1)`, {
    ...{ kind: 'joined', player: { name: 'mara' }, position: { x: -12, y: 9_400, z: 1 } },
  }),
  // Names.
  line(41, 'user', `${at} ${id} "Old Tom" fully connected (10600,9400,0)`, joined('Old Tom')),
  line(42, 'user', `${at} ${id} "-kentucky-jim" fully connected (10600,9400,0)`, joined('-kentucky-jim')),
  line(42, 'user', `${at} ${id} "Smith, J. [PVP] {x}" fully connected (10600,9400,0)`, joined('Smith, J. [PVP] {x}')),
  line(42, 'user', `${at} ${id} "Зомби 生存者 🧟" fully connected (10600,9400,0)`, joined('Зомби 生存者 🧟')),
  line(42, 'user', `${at} ${id} "a" quit" fully connected (10600,9400,0)`, joined('a" quit')),
  line(42, 'user', `${at} ${id} "red\u001b[31m" disconnected player (10600,9400,0)`, left('red\u001b[31m')),
  // Names that are lines.
  line(
    42,
    'user',
    `${at} ${id} "x" fully connected (1,2,3)" disconnected player (10600,9400,0)`,
    left('x" fully connected (1,2,3)'),
  ),
  line(42, 'user', `${at} ${id} "x" disconnected player (1,2,3)" attempting to join`, {
    ...{ kind: 'trying', player: { name: 'x" disconnected player (1,2,3)', steamId: id } },
  }),
  line(42, 'user', `${at} ${id} "x" disconnected player (1,2,3)." removed connection index=3`),
  // Turned away.
  line(41, 'user', `${at} access denied: user "mara" is banned`, denied('mara', 'is banned')),
  line(41, 'user', `${at} access denied: user "mara" ping is too high`, denied('mara', 'ping is too high')),
  line(
    42,
    'user',
    `${at} access denied: user "mara" client version (42.20.3) does not match server version (42.20.4)`,
    denied('mara', 'client version (42.20.3) does not match server version (42.20.4)'),
  ),
  line(42, 'user', `${at} access denied: user "mara" reason "UI_OnConnectFailed_Queue"`, {
    ...{ kind: 'denied', player: { name: 'mara' }, reason: 'reason "UI_OnConnectFailed_Queue"' },
  }),
  line(
    42,
    'user',
    `${at} access denied: user "x" is banned" already connected`,
    denied('x" is banned', 'already connected'),
  ),
  line(
    41,
    'user',
    `${at} access denied: The client "mara" did not complete the connection and authorization procedure in zombienet`,
  ),
  // Deaths.
  line(41, 'PerkLog', `${at} [${id}][mara][10600,9400,0][Login][Hours Survived: 3]`),
  line(41, 'PerkLog', `${at} [${id}][mara][10600,9400,0][Died][Hours Survived: 3]`, died('mara')),
  line(42, 'PerkLog', `${at}[LOG] [${id}][Old Tom][10600,9400,0][Died][][][Hours Survived: 3]`, died('Old Tom'), 'LOG'),
  line(41, 'PerkLog', `${at} [${id}][mara][10600,9400,0][Created Player 1][Hours Survived: 0]`),
  line(42, 'PerkLog', `${at} [${id}][mara][10600,9400,0][Level Changed][Cooking][1][Hours Survived: 3]`),
  line(41, 'PerkLog', `${at} [${id}][mara][10600,9400,0][Cooking=1, Fitness=5, Strength=5][Hours Survived: 3]`),
  line(42, 'PerkLog', `${at} [${id}][x][1,2,3][Died][10600,9400,0][Died][Hours Survived: 3]`, died('x][1,2,3][Died')),
  line(42, 'PerkLog', `${at} [${id}][x][1,2,3][Died][10600,9400,0][Login][Hours Survived: 3]`),
  line(42, 'PerkLog', `${at} [${id}][x][1,2,3][Died][10600,9400,0][Cooking=1, Fitness=5][Hours Survived: 3]`),
  // Chat.
  line(
    41,
    'chat',
    `${at}[info] Got message:ChatMessage{chat=General, author='mara', text='anyone near?'}`,
    said('mara', 'General', 'anyone near?'),
    'info',
  ),
  line(
    42,
    'chat',
    `${at}[info] Got message:ChatMessage{chat=Faction, author='Зомби 🧟', text='it's 'fine', really. {ok}'}`,
    said('Зомби 🧟', 'Faction', `it's 'fine', really. {ok}`),
    'info',
  ),
  line(
    42,
    'chat',
    `${at}[info] Message ChatMessage{chat=General, author='mara', text='anyone near?'} sent to chat (id = 0) members`,
    undefined,
    'info',
  ),
  line(41, 'chat', `${at}[info] Server alert message: 'Restart soon' sent`, undefined, 'info'),
  line(41, 'chat', `${at}[info] Got message 'hello' by author 'somebody' from discord`, undefined, 'info'),
  line(42, 'chat', `${at} 0 "mara" A "anyone near?"`),
  // What administrators did.
  line(41, 'admin', `${at} admin kicked user mara`, { kind: 'kicked', player: { name: 'mara' }, by: 'admin' }),
  line(
    42,
    'admin',
    `${at}[IMPORTANT] admin banned user mara was rude`,
    {
      ...{ kind: 'banned', whom: 'mara was rude', by: 'admin' },
    },
    'IMPORTANT',
  ),
  line(41, 'admin', `${at} admin granted moderator access level on Old Tom`, {
    ...{ kind: 'access-granted', player: { name: 'Old Tom' }, level: 'moderator', by: 'admin' },
  }),
  line(42, 'admin', `${at} admin changed option PVP=false`, {
    ...{ kind: 'option-changed', option: 'PVP', value: 'false', by: 'admin' },
  }),
  line(41, 'admin', `${at} admin reloaded options`, { kind: 'options-reloaded', by: 'admin' }),
  line(41, 'admin', `${at} admin closed server`, { kind: 'closed', by: 'admin' }),
  line(41, 'admin', `${at} admin teleported to x kicked user mara`),
  line(41, 'admin', `${at} admin kicked user x banned user mara`),
  line(41, 'admin', `${at} admin added item Base.Axe in mara's inventory`),
  line(42, 'admin', `${at}[IMPORTANT] admin created a horde of 50 zombies near mara`, undefined, 'IMPORTANT'),
  // Fights.
  line(41, 'pvp', `${at} user "mara" (10600,9400,0) enabled safety`),
  line(
    42,
    'pvp',
    `${at}[IMPORTANT] Kill: "a b" (1,2,0) killed "mara" (10600,9400,0)`,
    {
      ...{ kind: 'killed', player: { name: 'mara' }, by: { name: 'a b' } },
    },
    'IMPORTANT',
  ),
  line(
    42,
    'pvp',
    `${at}[IMPORTANT] Kill: "x" (1,2,0) killed "mara" (1,2,3)" (1,2,0) killed "y" (10600,9400,0)`,
    undefined,
    'IMPORTANT',
  ),
  line(42, 'pvp', `${at}[INFO] Combat: "a" (1,2,0) hit "b" (1,2,0) weapon="Base.Axe" damage=1.25`, undefined, 'INFO'),
  // What nobody reads for events.
  line(41, 'cmd', `${at} ${id} "mara" vehicle.damageWindow @ 10600,9400,0`),
  line(41, 'item', `${at} ${id} "mara" container +1 10600,9400,0 [Base.Axe]`),
  line(42, 'map', `${at} ${id} "mara" destroyed IsoDoor with Base.Axe at 10600,9400,0`),
  line(41, 'ClientActionLog', `${at} [${id}][ISEnterVehicle][mara][10600,9400,0][CarNormal]`),
  line(42, 'DebugLog-server', `${at} LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****`, undefined, 'LOG'),
];

function line(build: 41 | 42, type: GameLogType, text: string, event?: GameLogEvent, level?: string): CorpusLine {
  const known = { build, type, line: `${text}.` };
  return { ...known, ...(event === undefined ? {} : { event }), ...(level === undefined ? {} : { level }) };
}

function joined(name: string): GameLogEvent {
  return { kind: 'joined', player: { name, steamId: id }, position: place };
}

function left(name: string): GameLogEvent {
  return { kind: 'left', player: { name, steamId: id }, position: place };
}

function died(name: string): GameLogEvent {
  return { kind: 'died', player: { name, steamId: id }, position: place };
}

function said(name: string, channel: string, text: string): GameLogEvent {
  return { kind: 'said', player: { name }, channel, text };
}

function denied(name: string, reason: string): GameLogEvent {
  return { kind: 'denied', player: { name }, reason };
}
