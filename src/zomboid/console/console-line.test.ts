import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsoleEntry, parseConsoleLine } from './console-line.ts';

const samples: readonly (readonly [line: string, entry: Partial<ConsoleEntry>])[] = [
  [
    'LOG  : General     , 1731733636008> 12,393,471,402> version=41.78.16 demo=false.',
    {
      level: 'LOG',
      category: 'General',
      epochMs: 1731733636008,
      uptimeMs: 12393471402,
      message: 'version=41.78.16 demo=false.',
    },
  ],
  ['LOG  : General     , 1731733636008> hello', { epochMs: 1731733636008, uptimeMs: undefined, message: 'hello' }],
  ['LOG  : Network     , 1765832798822> 914,659> ZNet: Startup version 41.78.16', { uptimeMs: 914659 }],
  [
    'LOG  : General     , 1709045530266> 97.774.271> RCON: new connection Socket[addr=/127.0.0.1,port=55902,localport=]',
    { uptimeMs: 97774271, message: 'RCON: new connection Socket[addr=/127.0.0.1,port=55902,localport=]' },
  ],
  ['LOG  : General     , 1709045530266> 97\u00a0774\u202f271> x', { uptimeMs: 97774271, message: 'x' }],
  ["LOG  : General     , 1709045530266> 97'774’271> x", { uptimeMs: 97774271, message: 'x' }],
  [
    'ERROR: General     , 1673024475989> 8,415,364,347>  at zombie.network.GameServer.main(GameServer.java:739)',
    { level: 'ERROR', message: ' at zombie.network.GameServer.main(GameServer.java:739)' },
  ],
  [
    'LOG  : Network     , 1709045530266> 1,234> [24-09-26 18:05:09.123] > ConnectionManager: [login] "" connection: null',
    { category: 'Network', message: '[24-09-26 18:05:09.123] > ConnectionManager: [login] "" connection: null' },
  ],
  [
    'LOG  : General      f:0> version=42.20.4 b0bbce05d5 demo=false',
    {
      category: 'General',
      epochMs: undefined,
      uptimeMs: undefined,
      caller: undefined,
      message: 'version=42.20.4 b0bbce05d5 demo=false',
    },
  ],
  [
    'LOG  : General      f:0, t:1776297642123, st:48,648,157,434> message',
    { epochMs: 1776297642123, uptimeMs: 48648157434, message: 'message' },
  ],
  ['LOG  : General      f:12, t:1776297642123> message', { epochMs: 1776297642123, uptimeMs: undefined }],
  ['LOG  : Network      f:0 t:1776297642123 st:34,907,676> x', { epochMs: 1776297642123, uptimeMs: 34907676 }],
  [
    'WARN : Script       f:0 st:34,865,802 at ModelScript.check                   > no such model …',
    { level: 'WARN', uptimeMs: 34865802, caller: 'ModelScript.check', message: 'no such model …' },
  ],
  [
    'ERROR: General      f:9 st:1 at GameServer.<init>          > broken > badly',
    { caller: 'GameServer.<init>', message: 'broken > badly' },
  ],
  [
    'WARN : Script       f:0, t:1776297642123, st:48,648> ModelScript.check                   > no such model "X"',
    { caller: 'ModelScript.check', message: 'no such model "X"' },
  ],
  [
    'ERROR: General     , 1709045530370> 97.774.374> GameServer.main> Exception thrown',
    { caller: 'GameServer.main', message: 'Exception thrown' },
  ],
  ['NOISE: Packet       f:3 st:1> x', { level: 'NOISE' }],
  ['LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****', { message: '*** SERVER STARTED ****' }],
  ['LOG  : Network      f:0 st:34,907,676> ', { message: '' }],
  ['LOG  : Network      f:0 st:34,907,676>', { message: '' }],
  [
    '[26-09-26 18:05:09.123] LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****.',
    { wallTime: '26-09-26 18:05:09.123', message: '*** SERVER STARTED ****' },
  ],
  ['LOG  : Network      f:0 st:34,907,676> carriage\r', { message: 'carriage' }],
];

describe('parseConsoleLine', () => {
  it.each(samples)('reads %s', (line, entry) => {
    expect(parseConsoleLine(line)).toMatchObject({ kind: 'entry', ...entry });
  });

  it.each([
    '\tat zombie.network.GameServer.main(GameServer.java:739)',
    'Caused by: java.io.IOException: no',
    '... 12 more',
    '-----------------------------------------',
    'STACK TRACE',
    'function: OnTick -- file: Mod.lua line # 12',
  ])('takes %j as going on with the entry before', (line) => {
    expect(parseConsoleLine(line)).toEqual({ kind: 'continuation', message: line });
  });

  it.each([
    '',
    'cachedir set to "/project-zomboid-config".',
    '[S_API] SteamAPI_Init(): Loaded local steamclient.so',
    "Success! App '380870' fully installed.",
    'LOG in as admin',
    'LOG  : General     , 12> too short an epoch',
    'LOG  : General',
    'Enter new administrator password: ',
    '[26-09-26 18:05:09.123] something else',
  ])('takes %j as it is', (line) => {
    expect(parseConsoleLine(line)).toEqual({ kind: 'plain', message: line });
  });

  it('reads any text without throwing, and keeps the text of what has no header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = parseConsoleLine(text);
        if (line.kind !== 'entry') expect(line.message).toBe(text.replace(/\r$/, ''));
      }),
    );
  });

  it('finds the message of any entry of either build', () => {
    const message = fc
      .string()
      .filter((text) => !/[\r\n]/.test(text) && !/^[\w$.]*\s*>/.test(text) && !/^\d/.test(text));
    const number = fc.integer({ min: 0, max: 10 ** 12 });
    fc.assert(
      fc.property(message, number, (text, uptime) => {
        const grouped = uptime.toLocaleString('en-US');
        const read = { kind: 'entry', uptimeMs: uptime, message: text };
        expect(parseConsoleLine(`LOG  : General     , 1714824465202> ${grouped}> ${text}`)).toMatchObject(read);
        expect(parseConsoleLine(`LOG  : General      f:7 st:${grouped}> ${text}`)).toMatchObject(read);
      }),
    );
  });
});
