import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCommand } from '../rcon/rcon-quoting.ts';
import { type PlayerDeed, playerLine } from './player-deed.ts';

const steamId = '76561198000000001';

describe('the line of a deed', () => {
  const cases: readonly (readonly [string, '41' | '42' | undefined, PlayerDeed, string])[] = [
    ['a kick', '42', { deed: 'kick', name: 'Old Tom' }, 'kickuser "Old Tom"'],
    [
      'with a reason',
      '41',
      { deed: 'kick', name: 'mara', reason: 'no "griefing"' },
      `kickuser "mara" -r "no 'griefing'"`,
    ],
    ['a ban', '42', { deed: 'ban', name: 'mara', reason: 'cheats' }, 'banuser "mara" -r "cheats"'],
    ['of a Steam id', '41', { deed: 'ban', name: 'mara', steamId }, `banid ${steamId}`],
    ['an end of it', undefined, { deed: 'unban', name: 'mara' }, 'unbanuser "mara"'],
    ['of a Steam id', undefined, { deed: 'unban', name: steamId, steamId }, `unbanid ${steamId}`],
    ['an account', '42', { deed: 'whitelist-add', name: 'mara' }, 'adduser "mara"'],
    ['with a password', '41', { deed: 'whitelist-add', name: 'mara', password: 'p w' }, 'adduser "mara" "p w"'],
    ['a Steam id let in', '42', { deed: 'whitelist-add', name: steamId, steamId }, `addsteamid ${steamId}`],
    ['no account', '42', { deed: 'whitelist-remove', name: 'mara' }, 'removeuserfromwhitelist "mara"'],
    ['a level', '41', { deed: 'access', name: 'mara', level: 'overseer' }, 'setaccesslevel "mara" "overseer"'],
    ['words', '42', { deed: 'message', name: 'mara', text: 'come "here"' }, `servermsg "mara: come 'here'"`],
    ['a way', '41', { deed: 'teleport', name: 'mara', to: 'Q' }, 'teleport "mara" "Q"'],
    ['a way', '42', { deed: 'teleport', name: 'mara', to: 'Q' }, 'teleportplayer "mara" "Q"'],
    ['to a place', '42', { deed: 'teleport', name: 'mara', to: '10600,9500,0' }, 'teleportto "mara" 10600,9500,0'],
  ];
  test.each(cases)('%s, build %s', (_, build, deed, line) => {
    expect(playerLine(build, deed)).toEqual({ line });
  });

  test('is refused where the game could not be told whom it means', () => {
    expect(playerLine('42', { deed: 'kick', name: 'a" quit' })).toHaveProperty('fault');
    expect(playerLine('42', { deed: 'ban', name: 'a" quit', steamId })).toEqual({ line: `banid ${steamId}` });
    expect(playerLine('41', { deed: 'whitelist-add', name: 'mara' })).toHaveProperty('fault');
    expect(playerLine('41', { deed: 'whitelist-add', name: steamId, steamId })).toHaveProperty('fault');
  });

  test('never does more than it says, whatever a name or a reason is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, reason) => {
        const made = playerLine('42', { deed: 'kick', name, reason });
        if (!('line' in made)) return;
        expect(made.line).not.toMatch(/[\r\n]/);
        const words = splitCommand(made.line);
        expect(words.slice(0, 3)).toEqual(['kickuser', name, '-r']);
        expect(words).toHaveLength(4);
      }),
    );
  });
});
