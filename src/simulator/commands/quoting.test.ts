import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../zomboid/commands/command-line.ts';
import { splitCommand } from '../../zomboid/rcon/rcon-quoting.ts';
import { accountCommands } from './account-commands.ts';
import { findCommand } from './command.ts';

describe('a line of the catalogue', () => {
  it('means to the game what it was made of, whatever a player is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (player) => {
        const made = commandLine('42', 'banuser', { player, reason: 'a" quit' });
        if ('fault' in made) return;
        const [name = '', ...words] = splitCommand(made.line);
        expect(findCommand(accountCommands, name)?.names[0]).toBe('banuser');
        expect(words).toEqual([player, '-r', "a' quit"]);
      }),
    );
  });
});
