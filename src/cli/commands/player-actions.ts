import * as z from 'zod';
import { AccessLevel, PlayerRef } from '../../protocol/entities/player.ts';
import { ServerRef } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import {
  playerAccess,
  playerBan,
  playerFind,
  playerKick,
  playerMessage,
  playerTeleport,
  playerUnban,
  playerWhitelistAdd,
  playerWhitelistRemove,
} from '../../protocol/operations/player.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { isSteamId, type PlayerDeed, playerLine } from '../../zomboid/players/player-deed.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { canAsk, confirm, readSecretLine } from '../input/prompt.ts';

const aim = {
  player: PlayerRef,
  server: ServerRef.optional().describe('on this server; left out: the one they are online on'),
};
const reason = z.string().min(1).max(200).optional().describe('why, as the player is told');
const reasonFlag = { reason: { placeholder: 'text' } };

const whom =
  'The player is named by name, in any case, or by Steam id. A name that could be one of several is refused, with a list of them. On a terminal the command for the game is shown first, and asked; --yes does without.';

/** Something that is done to a player: how it is asked for. */
interface Action {
  readonly player: string;
  readonly server: string | undefined;
  readonly presence: 'online' | 'any';
  /** As in `Kick mara on alpha?`. */
  readonly verb: string;
  /** What it does to whom, as the manager will make it too; undefined where nobody is asked. */
  readonly deed: (name: string, steamId: string | undefined) => PlayerDeed;
  /** True where a script has to say --yes. */
  readonly isGrave?: true;
  readonly act: (aim: { readonly player: string; readonly server?: string }) => Promise<Told>;
  readonly sentence: (told: Told) => string;
}

interface Told {
  readonly player: string;
  readonly server: string;
  readonly command: string;
  readonly answer: string;
}

/** Shows whom and what it will be where there is someone to ask, does it, and tells what the game said. */
async function perform(action: Action, context: Context): Promise<undefined> {
  const { player, server } = action;
  const asks = !context.globals.yes && (canAsk(context.io) || action.isGrave === true);
  const to = asks ? await confirmed(action, context) : { player, ...(server === undefined ? {} : { server }) };
  const told = await action.act(to);
  context.talk.done(told, `${action.sentence(told)}; the game said: ${told.answer}`);
  return undefined;
}

async function confirmed(
  { player, server, presence, verb, deed }: Action,
  context: Context,
): Promise<{ readonly player: string; readonly server: string }> {
  const manager = await context.manager();
  const wish = { player, presence, ...(server === undefined ? {} : { server }) };
  const found = await manager.call(playerFind, wish, context.signal);
  const steamId = isSteamId(player) ? player : undefined;
  const made = playerLine(found.build, deed(found.name, steamId));
  if ('fault' in made) throw new ZedopsError('INVALID_INPUT', `${found.server}: ${made.fault}`, { hint: made.hint });
  await confirm(context, `${verb} ${found.name} on ${found.server}? The game is told: ${redactCommand(made.line)}`);
  return { player: steamId ?? found.name, server: found.serverId };
}

const kickCommand = command({
  words: 'player kick',
  summary: playerKick.summary,
  details: [whom],
  subject: playerKick.subject,
  input: z.object({ ...aim, reason }),
  positional: ['player'],
  flags: reasonFlag,
  examples: ['zedops player kick mara --reason "be kind"', 'zedops player kick 76561198000000001 --server alpha --yes'],
  run: ({ player, server, reason: why }, context) =>
    perform(
      {
        ...{ player, server, presence: 'online', verb: 'Kick' },
        deed: (name) => ({ deed: 'kick', name, reason: why }),
        act: async (to) => (await context.manager()).call(playerKick, { ...to, ...given(why) }, context.signal),
        sentence: (told) => `${told.player} is off ${told.server}`,
      },
      context,
    ),
});

const banCommand = command({
  words: 'player ban',
  summary: playerBan.summary,
  details: [
    whom,
    'By name the account is banned, by Steam id the Steam account, for which the game keeps no reason. In scripts say --yes.',
  ],
  subject: playerBan.subject,
  input: z.object({ ...aim, reason }),
  positional: ['player'],
  flags: reasonFlag,
  examples: ['zedops player ban mara --reason "cheats"', 'zedops player ban 76561198000000001 --server alpha --yes'],
  run({ player, server, reason: why }, context) {
    if (why !== undefined && isSteamId(player)) {
      context.talk.note('the game keeps no reason for the ban of a Steam id; the audit has it');
    }
    return perform(
      {
        ...{ player, server, presence: 'any', verb: 'Ban', isGrave: true },
        deed: (name, steamId) => ({ deed: 'ban', name, steamId, reason: why }),
        act: async (to) => (await context.manager()).call(playerBan, { ...to, ...given(why) }, context.signal),
        sentence: (told) => `${told.player} is banned from ${told.server}`,
      },
      context,
    );
  },
});

const unbanCommand = command({
  words: 'player unban',
  summary: playerUnban.summary,
  details: [whom],
  subject: playerUnban.subject,
  input: z.object(aim),
  positional: ['player'],
  examples: ['zedops player unban mara --server alpha'],
  run: ({ player, server }, context) =>
    perform(
      {
        ...{ player, server, presence: 'any', verb: 'Unban' },
        deed: (name, steamId) => ({ deed: 'unban', name, steamId }),
        act: async (to) => (await context.manager()).call(playerUnban, to, context.signal),
        sentence: (told) => `${told.player} may come to ${told.server} again`,
      },
      context,
    ),
});

const whitelistCommand = command({
  words: 'player whitelist',
  summary: 'Put a player on the whitelist of a server, or take one off it',
  details: [
    whom,
    'By name an account is made or removed; build 41 makes none without a password. By Steam id a Steam account is let in, or no more, which build 42 knows.',
  ],
  subject: playerWhitelistAdd.subject,
  input: z.object({
    action: z.enum(['add', 'remove']).describe('what to do'),
    ...aim,
    passwordStdin: z.boolean().default(false).describe('with add, read the password of the account from stdin'),
  }),
  positional: ['action', 'player'],
  examples: [
    'zedops player whitelist add mara --server alpha',
    'zedops player whitelist add mara --server alpha --password-stdin < password.txt',
    'zedops player whitelist remove 76561198000000001 --server alpha',
  ],
  async run({ action, player, server, passwordStdin }, context) {
    if (action === 'remove' && passwordStdin) {
      throw new ZedopsError('INVALID_INPUT', 'zedops player whitelist remove needs no password', {
        hint: 'leave --password-stdin out',
      });
    }
    const password = passwordStdin ? await readSecretLine(context.io, 'password') : undefined;
    const secret = password === undefined ? {} : { password };
    const manager = await context.manager();
    const add: Action = {
      ...{ player, server, presence: 'any', verb: 'Whitelist' },
      deed: (name, steamId) => ({ deed: 'whitelist-add', name, steamId, ...secret }),
      act: (to) => manager.call(playerWhitelistAdd, { ...to, ...secret }, context.signal),
      sentence: (told) => `${told.player} may come to ${told.server}`,
    };
    const remove: Action = {
      ...{ player, server, presence: 'any', verb: 'Take off the whitelist' },
      deed: (name, steamId) => ({ deed: 'whitelist-remove', name, steamId }),
      act: (to) => manager.call(playerWhitelistRemove, to, context.signal),
      sentence: (told) => `${told.player} is off the whitelist of ${told.server}`,
    };
    return perform(action === 'add' ? add : remove, context);
  },
});

const accessCommand = command({
  words: 'player access',
  summary: playerAccess.summary,
  details: [
    whom,
    'Build 41 knows the levels none, observer, gm, overseer, moderator and admin; build 42 the roles banned, user, priority, observer, gm, moderator and admin, and those an admin has made. In scripts say --yes.',
  ],
  subject: playerAccess.subject,
  input: z.object({ player: PlayerRef, level: AccessLevel.describe('level or role'), server: aim.server }),
  positional: ['player', 'level'],
  examples: ['zedops player access mara moderator --server alpha'],
  run: ({ player, level, server }, context) =>
    perform(
      {
        ...{ player, server, presence: 'any', verb: `Give the level ${level} to`, isGrave: true },
        deed: (name) => ({ deed: 'access', name, level }),
        act: async (to) => (await context.manager()).call(playerAccess, { ...to, level }, context.signal),
        sentence: (told) => `${told.player} is ${level} on ${told.server}`,
      },
      context,
    ),
});

const messageCommand = command({
  words: 'player message',
  summary: playerMessage.summary,
  details: [
    'The game has no private message from outside: the words are shown to all on that server, with the name before them. Nothing is asked.',
  ],
  subject: playerMessage.subject,
  input: z.object({
    player: PlayerRef,
    text: z.string().min(1).max(400).describe('what to say'),
    server: aim.server,
  }),
  positional: ['player', 'text'],
  examples: ['zedops player message mara "look at the map"'],
  async run({ player, text, server }, context) {
    const manager = await context.manager();
    const to = server === undefined ? { player, text } : { player, text, server };
    const told = await manager.call(playerMessage, to, context.signal);
    context.talk.done(told, `everyone on ${told.server} was shown "${told.player}: ${text}"`);
    return undefined;
  },
});

const teleportCommand = command({
  words: 'player teleport',
  summary: playerTeleport.summary,
  details: [whom],
  subject: playerTeleport.subject,
  input: z.object({
    player: PlayerRef,
    to: z.string().min(1).max(128).describe('a player on the same server, or a place in tiles: 10600,9500,0'),
    server: aim.server,
  }),
  positional: ['player', 'to'],
  examples: ['zedops player teleport mara 10600,9500,0', 'zedops player teleport mara "Old Tom"'],
  run: ({ player, to: target, server }, context) =>
    perform(
      {
        ...{ player, server, presence: 'online', verb: 'Teleport' },
        deed: (name) => ({ deed: 'teleport', name, to: target }),
        act: async (to) => (await context.manager()).call(playerTeleport, { ...to, to: target }, context.signal),
        sentence: (told) => `${told.player} is taken to ${target} on ${told.server}`,
      },
      context,
    ),
});

/** The commands of `zedops player` that do something. */
export const playerActionCommands: readonly Command[] = [
  kickCommand,
  banCommand,
  unbanCommand,
  whitelistCommand,
  accessCommand,
  messageCommand,
  teleportCommand,
];

function given(why: string | undefined): { readonly reason?: string } {
  return why === undefined ? {} : { reason: why };
}
