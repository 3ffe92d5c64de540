import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpus } from './log-corpus.ts';
import { type GameLogEvent, readGameLogEvent } from './log-events.ts';
import { type GameLogType, gameLogTypeOf, isGameLogArchive } from './log-file-name.ts';
import { parseGameLogLine } from './log-line.ts';
import { fixedZone, measuredOffset, namedZone } from './log-time.ts';

const at = '[24-09-26 18:05:09.123]';
const steamId = '76561198000000001';
const wallMs = Date.UTC(2026, 8, 24, 18, 5, 9, 123);

function eventIn(type: GameLogType, line: string, isOnline?: (name: string) => boolean): GameLogEvent | undefined {
  const parsed = parseGameLogLine(line, type);
  return parsed.kind === 'entry' ? readGameLogEvent(type, parsed.text, isOnline ? { isOnline } : {}) : undefined;
}

test.each(corpus)('build $build, $type: $line', ({ type, line, level, event }) => {
  const parsed = parseGameLogLine(line, type);
  expect(parsed).toMatchObject({ kind: 'entry', wallMs, level, isWhole: true });
  expect(eventIn(type, line)).toEqual(event);
});

describe('lines', () => {
  test.each(['', 'plain', '\tat zombie.Some.method', '[99-99-99 18:05:09.123] x.', '[24-09-26 18:05:09.123]x'])(
    'that are no entries pass through: %j',
    (line) => expect(parseGameLogLine(line, 'user')).toEqual({ kind: 'rest', text: line }),
  );
  test('without the dot go on in the next one', () => {
    expect(parseGameLogLine(`${at} ${steamId} "x`, 'user')).toMatchObject({ kind: 'entry', isWhole: false });
  });
  test('of the console keep its category', () => {
    const line = `${at} LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****.`;
    const text = '*** SERVER STARTED ****';
    expect(parseGameLogLine(line, 'DebugLog-server')).toMatchObject({ category: 'Network', level: 'LOG', text });
  });
});

/** Text without line breaks, made of what a forger would use. */
const forged = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '"',
          "'",
          '(1,2,3)',
          '[1,2,3]',
          '][',
          '[Died]',
          ' fully connected ',
          ' disconnected player ',
          '}',
          '{',
          '.',
        ],
        ...[
          "', text='",
          "', author='",
          ' kicked user ',
          ' killed "',
          `${at} `,
          steamId,
          'Got message:ChatMessage{',
          'mara',
        ],
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join('').replace(/[\r\n]/g, ''))
  .filter((name) => name !== '');

describe('a player cannot forge', () => {
  test('an event of coming, going or dying by a name', () => {
    fc.assert(
      fc.property(forged, (name) => {
        const player = { name, steamId };
        const position = { x: 10, y: 20, z: 0 };
        const user = (words: string): GameLogEvent | undefined =>
          eventIn('user', `${at} ${steamId} "${name}" ${words}.`);
        const perk = (words: string): GameLogEvent | undefined =>
          eventIn('PerkLog', `${at} [${steamId}][${name}][10,20,0]${words}[Hours Survived: 3].`);
        expect(user('fully connected (10,20,0)')).toEqual({ kind: 'joined', player, position });
        expect(user('disconnected player (10,20,0)')).toEqual({ kind: 'left', player, position });
        expect(user('allowed to join')).toEqual({ kind: 'allowed', player });
        for (const words of ['removed connection index=3', 'sent google secret key'])
          expect(user(words)).toBeUndefined();
        expect(perk('[Died]')).toEqual({ kind: 'died', player, position });
        for (const words of ['[Login]', '[Level Changed][Cooking][1]', '[Cooking=1, Fitness=5]']) {
          expect(perk(words)).toBeUndefined();
        }
        expect(eventIn('user', `${at} player ${name} loading time was: 3 ms.`)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('what another one said, by a name or a text', () => {
    fc.assert(
      fc.property(forged, forged, (name, text) => {
        const line = `${at}[info] Got message:ChatMessage{chat=General, author='${name}', text='${text}'}.`;
        const event = eventIn('chat', line, (other) => other === name || other === 'mara');
        expect(event).toMatchObject({ kind: 'said', channel: 'General' });
        const author = event?.kind === 'said' ? event.player.name : '';
        // Either the one who spoke, or a name that begins with theirs and is a player's of its own.
        expect(author === name || (author === 'mara' && author.startsWith(name))).toBe(true);
        expect(eventIn('chat', `${at}[info] ${text}.`)?.kind ?? 'none').toMatch(/^(none|said)$/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a deed of an administrator by a name', () => {
    fc.assert(
      fc.property(forged, (name) => {
        const event = eventIn('admin', `${at} admin kicked user ${name}.`);
        if (event) expect(event).toEqual({ kind: 'kicked', player: { name }, by: 'admin' });
        expect(eventIn('admin', `${at} admin teleported to ${name}.`)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

test('no line is slow to read', () => {
  const begun = performance.now();
  for (const piece of ['][1,2,3][Died]', '" fully connected (1,2,3)', "', text='", ' kicked user ', '(', '[']) {
    const long = piece.repeat(20_000 / piece.length);
    for (const type of ['user', 'PerkLog', 'chat', 'admin', 'pvp'] as const) {
      for (const text of [long, long.slice(0, 4_000)]) {
        readGameLogEvent(type, `${steamId} "${text}`);
        readGameLogEvent(type, `[${steamId}][${text}`);
        readGameLogEvent(type, `Got message:ChatMessage{chat=General, author='${text}`);
      }
    }
  }
  expect(performance.now() - begun).toBeLessThan(2_000);
});

describe('names of files', () => {
  test('of both builds say what is in them', () => {
    expect(gameLogTypeOf('24-09-26_18-05-09_user.txt')).toBe('user');
    expect(gameLogTypeOf('2026-09-24_18-05_DebugLog-server.txt')).toBe('DebugLog-server');
    expect(gameLogTypeOf('2026-09-24_18-05_checksum.txt')).toBeUndefined();
    expect(gameLogTypeOf('user.txt')).toBeUndefined();
    expect(['logs_24-09', 'logs_24-09-26', 'logs_2026-09-24', 'logs_', '..'].map(isGameLogArchive)).toEqual([
      ...[true, true, true, false, false],
    ]);
  });
});

describe('times', () => {
  test('of a zone, in summer and in winter', () => {
    const berlin = namedZone('Europe/Berlin');
    expect(berlin?.epochOf(Date.UTC(2026, 6, 1, 12))).toBe(Date.UTC(2026, 6, 1, 10));
    expect(berlin?.epochOf(Date.UTC(2026, 0, 1, 12))).toBe(Date.UTC(2026, 0, 1, 11));
    expect(berlin?.epochOf(Date.UTC(2026, 2, 29, 1, 59))).toBe(Date.UTC(2026, 2, 29, 0, 59));
    expect(berlin?.epochOf(Date.UTC(2026, 2, 29, 3, 1))).toBe(Date.UTC(2026, 2, 29, 1, 1));
    expect(namedZone('Nowhere/At-All')).toBeUndefined();
    expect(fixedZone(3_600_000).epochOf(wallMs)).toBe(wallMs - 3_600_000);
  });
  test('tell how far a clock is ahead', () => {
    expect(measuredOffset(wallMs, wallMs - 2 * 3_600_000 + 900)).toBe(2 * 3_600_000);
    expect(measuredOffset(wallMs, wallMs + 5.75 * 3_600_000)).toBe(-5.75 * 3_600_000);
    expect(measuredOffset(wallMs, wallMs - 7 * 60_000)).toBeUndefined();
  });
});
