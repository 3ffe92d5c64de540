import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgument, splitCommand } from './rcon-quoting.ts';

describe('splitCommand', () => {
  it.each([
    ['players', ['players']],
    ['servermsg "back in 5 minutes"', ['servermsg', 'back in 5 minutes']],
    ['kickuser "Old Tom" -r "no reason"', ['kickuser', 'Old Tom', '-r', 'no reason']],
    ['changeoption PublicName ""', ['changeoption', 'PublicName', '']],
    ['additem  mara   Base.Axe 2 ', ['additem', 'mara', 'Base.Axe', '2']],
    ['a"b c"d', ['ab', 'cd']],
    ['', []],
  ])('cuts %j as the game does', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });

  it('finds any text again that was quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const [command, argument, ...more] = splitCommand(`servermsg ${quoteArgument(text)}`);
        expect(command).toBe('servermsg');
        expect(argument).toBe(quoteArgument(text).slice(1, -1));
        expect(more).toEqual([]);
      }),
    );
  });

  it('stays quick on a line of lone quotes', () => {
    expect(splitCommand(`a ${'" '.repeat(50_001)}`).length).toBeGreaterThan(1);
  });
});

describe('quoteArgument', () => {
  it('lets nobody break out of the quotes or start a second command', () => {
    expect(quoteArgument('a" -r "b\nquit')).toBe(`"a' -r 'b quit"`);
  });
});
