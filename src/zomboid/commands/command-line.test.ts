import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCommand } from '../rcon/rcon-quoting.ts';
import { commandsOf } from './catalogue.ts';
import { commandLine } from './command-line.ts';

describe('commandLine', () => {
  it.each([
    ['kickuser', { player: 'Old Tom' }, 'kickuser "Old Tom"'],
    ['kick', { player: 'mara', reason: 'said "hi"\nquit' }, `kickuser "mara" -r "said 'hi' quit"`],
    ['banuser', { player: 'mara', ip: true, reason: 'x' }, 'banuser "mara" -ip -r "x"'],
    ['banuser', { player: 'mara', ip: false }, 'banuser "mara"'],
    ['changeoption', { option: 'PublicName', value: '' }, 'changeoption "PublicName" ""'],
    ['teleportto', { player: 'mara', place: '10600,9500,0' }, 'teleportto "mara" 10600,9500,0'],
    ['additem', { player: 'мара', item: 'Base.Axe', count: 2 }, 'additem "мара" "Base.Axe" 2'],
    ['removezombies', { remove: 'true' }, 'removezombies -remove true'],
    ['adduser', { player: 'mara' }, 'adduser "mara"'],
  ])('writes %s %j', (name, values, line) => {
    expect(commandLine('42', name, values)).toEqual({ line });
  });

  it.each([
    ['kickuser', { player: 'a" quit' }, 'kickuser: player: it has a quote in it, which the game cannot be told'],
    ['kickuser', { player: 'a\nquit' }, 'kickuser: player: it has a control character in it'],
    ['kickuser', {}, 'kickuser needs player'],
    ['kickuser', { player: '' }, 'kickuser: player: it is empty'],
    ['kickuser', { player: 'mara', why: 'x' }, 'kickuser has no argument why'],
    ['banuser', { player: 'mara', reason: '-ip' }, 'banuser: reason: it is one of the flags'],
    [
      'adduser',
      { player: 'mara', password: 'p"w' },
      'adduser: password: it has a quote in it, which the game cannot be told',
    ],
    ['additem', { player: 'mara', item: 'Base.Axe', count: 101 }, 'additem: count: 101 is not from 1 to 100'],
    ['additem', { player: 'mara', item: 'Base Axe' }, 'additem: item: it has a space in it'],
    ['teleportto', { player: 'mara', place: '1;2' }, 'teleportto: place: "1;2" is no place, such as 10600,9500,0'],
    ['banid', { steamId: '123' }, 'banid: steamId: "123" is no Steam id: 17 digits that begin with 7656119'],
    ['remove', { what: 'players' }, 'remove: what: "players" is none of animals, zombies, corpses, vehicles'],
    ['shutdown', {}, 'Build 42 has no command shutdown'],
    ['servermsg', { text: 'x'.repeat(1100) }, 'servermsg: the line is longer than 1024 bytes'],
    ['stats', { what: 'a b' }, 'stats: what: it has a space in it'],
  ])('refuses %s %j', (name, values, fault) => {
    expect(commandLine('42', name, values)).toMatchObject({ fault });
  });

  it('refuses a place in a command that its build does not have', () => {
    expect(commandLine('41', 'banip', { address: '192.0.2.1' })).toEqual({ fault: 'Build 41 has no command banip' });
  });

  const values = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('-r', '-ip', '"', 'a" quit', '\n'),
  );

  it('never lets a value become anything but itself, whatever it is', () => {
    fc.assert(
      fc.property(values, values, (player, reason) => {
        const made = commandLine('42', 'banuser', { player, reason });
        if ('fault' in made) return;
        const [name, who, mark, why, ...more] = splitCommand(made.line);
        expect([name, who, mark, more]).toEqual(['banuser', player, '-r', []]);
        expect(why).not.toBe('-ip');
      }),
    );
  });

  it('writes as many words as the shape has, for every command', () => {
    const commands = fc.constantFrom(...commandsOf('41'), ...commandsOf('42'));
    fc.assert(
      fc.property(commands, values, (command, text) => {
        const given = Object.fromEntries(
          command.args.filter(({ isOptional }) => !isOptional).map(({ name }) => [name, text]),
        );
        const made = commandLine(command.build, command.names[0], given);
        if ('fault' in made) return;
        const needed = command.args.filter(({ isOptional }) => !isOptional);
        expect(splitCommand(made.line).length).toBe(1 + needed.length + needed.filter(({ flag }) => flag).length);
        expect(made.line).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });
});
