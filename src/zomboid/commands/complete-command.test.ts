import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCommand } from '../rcon/rcon-quoting.ts';
import { completeCommand } from './complete-command.ts';

const words = {
  players: ['mara', 'Old Tom', 'a" quit'],
  items: ['Base.Axe', 'Base.Apple'],
  options: ['PVP', 'PublicName'],
  commands: ['players', 'modded'],
};
const complete = (line: string) => completeCommand('42', line, line.length, words);

describe('completeCommand', () => {
  it.each([
    ['kic', 0, ['kickfromsafehouse', 'kickuser']],
    ['modd', 0, ['modded']],
    ['kickuser ', 9, ['mara', '"Old Tom"']],
    ['kickuser o', 9, ['"Old Tom"']],
    ['kickuser "Old T', 9, ['"Old Tom"']],
    ['kickuser mara ', 14, ['-r']],
    ['kickuser mara -r ', 17, []],
    ['banuser mara -ip ', 17, ['-r']],
    ['additem mara Base.A', 13, ['Base.Apple', 'Base.Axe']],
    ['setaccesslevel "Old Tom" mod', 25, ['moderator']],
    ['changeoption p', 13, ['PublicName', 'PVP']],
    ['voiceban mara -t', 14, ['-true']],
    ['createhorde2 -crawler ', 22, ['false', 'true']],
    ['help kicku', 5, ['kickuser']],
    ['nothing ', 8, []],
    ['players x', 8, []],
  ])('offers for %j', (line, from, candidates) => {
    expect(complete(line)).toEqual({ from, candidates });
  });

  it('looks at the word at the cursor, not at the end', () => {
    expect(completeCommand('42', 'kick mara', 3, words).candidates).toEqual(['kickfromsafehouse', 'kickuser']);
  });

  it('offers only what the game reads as one word', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 5 }), (players) => {
        for (const one of completeCommand('42', 'kickuser ', 9, { players }).candidates) {
          expect(splitCommand(`kickuser ${one}`).length).toBe(2);
        }
      }),
    );
  });
});
