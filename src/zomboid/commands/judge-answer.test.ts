import { describe, expect, it } from 'vitest';
import { judgeAnswer } from './judge-answer.ts';

describe('judgeAnswer', () => {
  it.each([
    ['41', 'kickuser "mara"', 'User mara kicked.'],
    ['42', 'kick "X doesn\'t exist."', "User X doesn't exist. kicked."],
    ['41', 'banuser mara', 'User mara is now banned'],
    ['42', 'banuser mara', 'User "mara" is now banned'],
    ['42', 'unbanuser mara', 'User "mara" is now un-banned'],
    ['42', 'banid 76561198000000001', 'SteamID 76561198000000001 is now banned'],
    ['41', 'setaccesslevel mara none', 'User mara no longer has access level'],
    ['42', 'adduser mara', 'User mara created without password'],
    ['42', 'save', 'World saved'],
    ['42', 'quit', 'Quit'],
    ['42', 'clear', ''],
    ['42', 'modcommand', 'whatever it says'],
    ['42', 'servermsg "x"', 'Message sent.\n'],
    ['42', 'help kick', 'Kick a user.'],
  ] as const)('build %s: %j is done with %j', (build, line, answer) => {
    expect(judgeAnswer(build, line, answer)).toEqual({ ok: true });
  });

  it.each([
    ['42', 'shutdown', 'Unknown command shutdown', 'UNSUPPORTED'],
    ['42', '/players', 'Unknown command /players', 'UNSUPPORTED'],
    ['42', 'kickuser mara', "User mara doesn't exist.", 'NOT_FOUND'],
    ['42', 'kickuser mara', "This user can't be kicked.", 'FORBIDDEN'],
    ['42', 'banuser mara', 'User "mara" is not in the whitelist, use /adduser first', 'NOT_FOUND'],
    ['42', 'banip 192.0.2.1', 'Server is in Steam mode', 'UNSUPPORTED'],
    ['42', 'banid 1', 'Expected SteamID but got "1"', 'INVALID_INPUT'],
    ['42', 'adduser mara', 'A user with this name already exists', 'CONFLICT'],
    ['42', 'addsteamid 7', '76561198000000001 already exists in allowed SteamIDs', 'CONFLICT'],
    ['42', 'additem mara Base.Nothing', "Item Base.Nothing doesn't exist.", 'NOT_FOUND'],
    ['42', 'additem x Base.Axe', 'User x not found.', 'NOT_FOUND'],
    ['42', 'addvehicle X y', 'Unknown vehicle script "X"', 'NOT_FOUND'],
    ['42', 'teleportplayer a b', "Can't find player b", 'NOT_FOUND'],
    ['42', 'save x', 'Saves the current world.', 'INVALID_INPUT'],
    ['42', 'servermsg', 'Use: /servermsg "My Message"', 'INVALID_INPUT'],
    ['42', 'kickuser mara', '', 'INTERNAL'],
    ['42', 'removeuserfromwhitelist x', 'A SQL error occured', 'INTERNAL'],
    ['41', 'releasesafehouse', 'releasesafehouse can be executed only from the game', 'FORBIDDEN'],
    ['42', 'anything', 'Not enough rights', 'FORBIDDEN'],
  ] as const)('build %s: %j is refused with %j', (build, line, answer, code) => {
    expect(judgeAnswer(build, line, answer)).toMatchObject({ ok: false, code });
  });

  it('says what the game said, and how the command is written', () => {
    expect(judgeAnswer('42', 'save x', 'Saves the world.\nUse: /save')).toEqual({
      ok: false,
      code: 'INVALID_INPUT',
      message: 'The game did not do save and said: Saves the world.',
      hint: 'save',
    });
  });

  it('gives the values of answers whose shape is known', () => {
    expect(judgeAnswer('42', 'players', 'Players connected (2): \n-mara\n-Old - Tom, jr\n')).toEqual({
      ok: true,
      values: { players: { count: 2, names: ['mara', 'Old - Tom, jr'] } },
    });
    expect(judgeAnswer('42', 'showoptions', 'List of Server Options:\n* PVP=true\n* Text=a=b\nmore')).toEqual({
      ok: true,
      values: { options: { PVP: 'true', Text: 'a=b\nmore' } },
    });
    expect(judgeAnswer('42', 'list animals', 'Server animals list:\n* 7 cow angus world\n')).toEqual({
      ok: true,
      values: { animals: [{ id: '7', type: 'cow', breed: 'angus', where: 'world' }] },
    });
    expect(judgeAnswer('42', 'changeoption PVP false', 'Option : PVP is now : false')).toEqual({
      ok: true,
      values: { option: 'PVP', value: 'false' },
    });
    expect(judgeAnswer('42', 'help', 'List of server commands : \n* save : Saves')).toEqual({
      ok: true,
      values: { commands: [{ name: 'save', description: 'Saves' }] },
    });
  });

  it('stays quick on a hostile answer', () => {
    expect(judgeAnswer('42', 'grantadmin x', `User ${' is now x'.repeat(200_000)}\n`).ok).toBe(true);
    expect(judgeAnswer('42', 'grantadmin x', `${'User doesn'.repeat(200_000)}\n`).ok).toBe(false);
  });
});
