import { describe, expect, it } from 'vitest';
import { commandRights, commandsOf, findCommand, syntaxOf } from './catalogue.ts';

describe('commandsOf', () => {
  it('has each name once in a build', () => {
    for (const build of ['41', '42'] as const) {
      const names = commandsOf(build).flatMap((one) => one.names.map((name) => name.toLowerCase()));
      expect(names.length).toBe(new Set(names).size);
    }
  });

  it('has no command that the game does not have', () => {
    for (const name of ['connections', 'addusertowhitelist', 'broadcast', 'shutdown', 'say', 'ban']) {
      expect(findCommand(undefined, name)).toBeUndefined();
    }
    expect(findCommand('41', 'setpassword')).toBeUndefined();
    expect(findCommand('42', 'setpassword')?.names[0]).toBe('setpassword');
    expect(findCommand('42', 'replay')).toBeUndefined();
  });

  it('names arguments once in a command, and puts optional ones last or behind a flag', () => {
    for (const build of ['41', '42'] as const) {
      for (const { names, args } of commandsOf(build)) {
        expect([names[0], new Set(args.map(({ name }) => name)).size]).toEqual([names[0], args.length]);
        const plain = args.filter(({ flag }) => flag === undefined).map(({ isOptional }) => isOptional === true);
        expect([names[0], plain]).toEqual([names[0], [...plain].sort()]);
      }
    }
  });

  it('takes the newer form where the build is not known', () => {
    expect(findCommand(undefined, 'godmod')?.isForPlayers).toBe(true);
    expect(findCommand(undefined, 'replay')?.build).toBe('41');
  });
});

describe('findCommand', () => {
  it.each([
    ['KICK "Old Tom"', 'kickuser'],
    ['checkmodsneedupdate', 'checkModsNeedUpdate'],
    ['  tpto mara 1,2,0', 'teleportto'],
    ['"players"', 'players'],
  ])('knows %j', (line, name) => {
    expect(findCommand('42', line)?.names[0]).toBe(name);
  });

  it.each(['', '/players', 'playersx', '"'])('does not know %j', (line) => {
    expect(findCommand('42', line)).toBeUndefined();
  });
});

describe('commandRights', () => {
  it('asks little for looking, and the console for what is not known', () => {
    expect(commandRights('42', 'players')).toMatchObject({ permission: 'server:read', effect: 'read' });
    expect(commandRights('42', 'kick "players"')).toMatchObject({ permission: 'player:manage', effect: 'write' });
    expect(commandRights('42', 'quit')).toMatchObject({ permission: 'server:control', effect: 'destroy' });
    expect(commandRights('42', 'modcommand x')).toEqual({ permission: 'server:console', effect: 'write' });
  });

  it('gives no reader a command that changes anything', () => {
    for (const build of ['41', '42'] as const) {
      for (const one of commandsOf(build)) if (one.permission === 'server:read') expect(one.effect).toBe('read');
    }
  });
});

describe('syntaxOf', () => {
  it('shows how a command is written', () => {
    const syntax = (name: string): string | undefined => {
      const found = findCommand('42', name);
      return found && syntaxOf(found);
    };
    expect(syntax('banuser')).toBe('banuser <player> [-ip] [-r <reason>]');
    expect(syntax('voiceban')).toBe('voiceban <player> [-true|-false]');
    expect(syntax('players')).toBe('players');
  });
});
