import { describe, expect, it } from 'vitest';
import { commandsOf } from './catalogue.ts';
import { compareWithHelp, parseHelp } from './server-help.ts';

describe('parseHelp', () => {
  it('reads names and descriptions, also over several lines', () => {
    expect(parseHelp('List of server commands : \n* kickuser : Kick a user.\nUse: /kickuser\n* x :\n')).toEqual([
      { name: 'kickuser', description: 'Kick a user. Use: /kickuser' },
      { name: 'x', description: '' },
    ]);
  });

  it.each(['', 'Unknown command /x', 'Players connected (0): \n'])('does not take %j for one', (text) => {
    expect(parseHelp(text)).toBeUndefined();
  });
});

describe('compareWithHelp', () => {
  it('finds nothing where the two agree, by any of the names', () => {
    const names = commandsOf('42').map(({ names: all }) => (all.at(-1) ?? all[0]).toUpperCase());
    expect(compareWithHelp('42', names)).toEqual({ missing: [], unknown: [] });
  });

  it('finds what either lacks', () => {
    const names = commandsOf('41').map(({ names: [name] }) => name);
    const { missing, unknown } = compareWithHelp('41', [...names.filter((name) => name !== 'chopper'), 'modded']);
    expect(missing.map(({ names: [name] }) => name)).toEqual(['chopper']);
    expect(unknown).toEqual(['modded']);
  });
});
