import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConsoleLine } from './console-line.ts';
import { type ConsoleArrival, mayNameArrivals, readConsoleArrival } from './console-players.ts';

const steamId = '76561198000000001';
const read = (line: string): ConsoleArrival | undefined => readConsoleArrival(parseConsoleLine(line));

const head41 = 'LOG  : Network     , 1732903690678> 21,508,632> ';
const manager = '[30-11-24 01:08:10.678] > ConnectionManager: ';
const of41 = (name: string, id = steamId): string =>
  `connection: guid=1139410826453420400 ip=192.0.2.7 steam-id=${id} access= username="${name}" connection-type="UDPRakNet"`;
const head42 = 'LOG  : Multiplayer  f:0, t:1776297642124, st:48,648,157,435> ';

test.each<[string, 'joined' | 'left', string]>([
  [`${head41}${manager}[fully-connected] "" ${of41('mara')}`, 'joined', 'mara'],
  [`${manager}[fully-connected] "" ${of41('mara')}`, 'joined', 'mara'],
  [`${head41}ConnectionManager: [fully-connected] "" ${of41('Old Tom')}`, 'joined', 'Old Tom'],
  [`${head41}${manager}[disconnect] "receive-disconnect" ${of41('a" quit')}`, 'left', 'a" quit'],
  [`${head41}Disconnected player "mara" ${steamId}`, 'left', 'mara'],
  [
    `${head42}connection: guid=12 ip=192.0.2.7 steam-id=${steamId} role=user username="mara" connection-type="Steam" [fully-connected] ""`,
    ...(['joined', 'mara'] as const),
  ],
  [
    `${head42}connection: guid=12 ip=192.0.2.7 steam-id=${steamId} role=user username="mara" connection-type="Steam" [disconnect] "receive-disconnect"`,
    ...(['left', 'mara'] as const),
  ],
])('%s', (line, kind, name) => {
  expect(mayNameArrivals(line)).toBe(true);
  expect(read(line)).toEqual({ kind, player: { name, steamId } });
});

test('without Steam there is a name and no id', () => {
  expect(read(`${head41}Disconnected player "mara" 0`)).toEqual({ kind: 'left', player: { name: 'mara' } });
});

test.each([
  `${head41}${manager}[receive-packet] "login" ${of41('mara')}`,
  `${head41}${manager}[access-denied] "server-full" ${of41('mara')}`,
  `${head41}${manager}[disconnect] "receive-disconnect" connection: null`,
  `${head41}${manager}[disconnect] "receive-disconnect" ${of41('')}`,
  `${head41}Connected new client mara ID # 0`,
  `${head41}User mara is trying to connect.`,
  `${head42}connection: guid=1234567890 [fully-connected] ""`,
  `${head42}Connected new client 1234567890 ID # 0`,
])('%s says nothing', (line) => expect(read(line)).toBeUndefined());

test('a name cannot make a line mean something else', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['" connection-type="UDPRakNet"', ` ${steamId}`, '"', manager, '[disconnect] ""', ' username="x'],
      ...['Disconnected player "mara" 1', '[fully-connected] "" ', ...[of41('mara'), head41]],
    ),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  );
  const forged = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('').replace(/[\r\n]/g, ''))
    .filter((name) => name !== '');
  fc.assert(
    fc.property(forged, (name) => {
      const player = { name, steamId };
      expect(read(`${head41}${manager}[fully-connected] "" ${of41(name)}`)).toEqual({ kind: 'joined', player });
      expect(read(`${head41}Disconnected player "${name}" ${steamId}`)).toEqual({ kind: 'left', player });
      expect(read(`${head41}${manager}[receive-packet] "login" ${of41(name)}`)).toBeUndefined();
      expect(read(`${head41}User ${name} is trying to connect.`)).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test('no line is slow to read', () => {
  const begun = performance.now();
  for (const start of [
    `${manager}[disconnect] "" connection: guid=1 ip=`,
    'Disconnected player "',
    'connection: guid=1',
  ]) {
    read(`${head41}${start}${'" username="x" connection-type="'.repeat(120)}`);
    read(`${head41}${start}${'"'.repeat(50_000)}`);
  }
  expect(performance.now() - begun).toBeLessThan(500);
});
