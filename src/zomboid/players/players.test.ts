import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlayers } from './players.ts';

describe('parsePlayers', () => {
  it('reads nobody', () => {
    expect(parsePlayers('Players connected (0): \n')).toEqual({ count: 0, names: [] });
    expect(parsePlayers('Players connected (0): ')).toEqual({ count: 0, names: [] });
  });

  it('keeps spaces, commas, dashes and any script in names', () => {
    const names = ['mara', 'Old Tom', 'Smith, J.', 'kentucky-jim', '-dash first', 'Зомби', '生存者', ' x '];
    const reply = `Players connected (8): \n${names.map((name) => `-${name}\n`).join('')}`;
    expect(parsePlayers(reply)).toEqual({ count: 8, names });
  });

  it('reads what the game prints for any names', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 20 }), (names) => {
        const reply = `Players connected (${names.length}): \n${names.map((each) => `-${each}\n`).join('')}`;
        expect(parsePlayers(reply)).toEqual({ count: names.length, names });
      }),
    );
  });

  it.each(['', 'Unknown command players', 'Players connected (x): \n-a\n', 'Players connected (1): a'])(
    'is no list of players: %j',
    (reply) => {
      expect(parsePlayers(reply)).toBeUndefined();
    },
  );
});
