import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { packageRoot } from '../../../platform/files/package-root.ts';
import type { LogItem } from '../../../protocol/entities/log.ts';
import type { FoundFileLine, LogFinding, LogWish } from '../../../protocol/entities/log-search.ts';
import type { GameLogType } from '../../../zomboid/game-log/log-file-name.ts';
import { createGameLogFilter } from '../../../zomboid/game-log/log-filter.ts';
import { fixedZone, namedZone } from '../../../zomboid/game-log/log-time.ts';
import { withLogFolder } from '../../game-logs/log-folder.ts';
import { siftFilePiece } from './file-piece.ts';
import { type FileSearchOptions, searchFiles } from './file-search.ts';
import { searchLog } from './search-log.ts';
import { type SieveThread, startSieve } from './sieve-thread.ts';

let server: string;
let logs: string;
beforeEach(async () => {
  server = await mkdtemp(join(tmpdir(), 'zedops-file-search-'));
  logs = join(server, 'data', 'Logs');
  await mkdir(logs, { recursive: true });
});
afterEach(() => rm(server, { recursive: true, force: true }));

const id = '76561198000000001';
const at = (second: number, text: string): string => `[24-09-26 18:05:0${second}.000] ${text}.\n`;
const chat = (second: number, name: string, text: string): string =>
  `[24-09-26 18:05:0${second}.000][info] Got message:ChatMessage{chat=General, author='${name}', text='${text}'}.\n`;
const write = (name: string, ...lines: readonly string[]): Promise<void> => writeFile(join(logs, name), lines.join(''));
const types: readonly GameLogType[] = ['user', 'chat', 'admin'];

interface Search extends Partial<FileSearchOptions> {
  readonly wish?: LogWish;
  readonly limit?: number;
  readonly console?: readonly LogItem[];
}

async function search({ wish = {}, limit = 100, console, ...options }: Search = {}) {
  const { signal } = new AbortController();
  const thread = console && startSieve({ wish, clock: systemClock, signal, packageRoot: packageRoot() });
  const sieve = thread ?? sieveHere(wish);
  const findings: LogFinding[] = [];
  try {
    const end = await withLogFolder(server, async (folder) => {
      const files = await searchFiles({
        ...{
          folder,
          types,
          sieve,
          zone: fixedZone(0),
          mask: (text: string) => text.replaceAll('s3cret-word', '******'),
        },
        ...options,
      });
      const serverLog = console && {
        async read(_: unknown, sink: (item: LogItem) => Promise<void> | undefined) {
          for (const item of console) await sink(item);
          return { stream: 's', seq: 0 };
        },
      };
      try {
        return await searchLog({
          ...{ serverLog, sieve, files, limit, signal },
          give: (finding) => void findings.push(finding),
        });
      } finally {
        await files.close();
      }
    });
    const lines = findings.flatMap((finding): readonly FoundFileLine[] =>
      finding.kind === 'file-found' ? finding.lines : [],
    );
    return { end, findings, lines, texts: lines.map(({ message, text }) => message ?? text) };
  } finally {
    await thread?.close();
  }
}

/** The sieve without its thread, which takes a while to start. */
function sieveHere({ pattern, ...wish }: LogWish): Pick<SieveThread, 'sift' | 'siftFile'> {
  const passes = createGameLogFilter({
    ...wish,
    pattern: pattern === undefined ? undefined : new RegExp(pattern, 'v'),
  });
  return {
    sift: () => Promise.reject(new Error('there is no console')),
    siftFile: async (piece) => siftFilePiece(piece, passes),
  };
}

describe('a search in Logs/', () => {
  test('finds lines of all files in the order of their times, with what they say of themselves', async () => {
    await write('2026-09-24_18-05_user.txt', at(1, `${id} "mara" fully connected (1,2,3)`), at(4, 'four'));
    await write('2026-09-24_18-05_chat.txt', chat(2, 'mara', 'hello'), chat(3, 'bob', 'hi mara'));
    await write('2026-09-24_18-05_DebugLog-server.txt', at(1, 'LOG : General > the console once more'));
    const { lines, end } = await search();
    expect(end).toEqual({ found: 4, isCut: false });
    expect(lines.map(({ category, event, player }) => [category, event, player])).toEqual([
      ['user', 'joined', 'mara'],
      ['chat', 'said', 'mara'],
      ['chat', 'said', 'bob'],
      ['user', undefined, undefined],
    ]);
    expect(lines[1]).toMatchObject({
      file: '2026-09-24_18-05_chat.txt',
      time: '2026-09-24T18:05:02.000Z',
      level: 'info',
      message: expect.stringMatching(/^Got message/),
      text: expect.stringMatching(/^\[24-09-26 /),
    });
  });

  test('looks into earlier runs, and never by a link', async () => {
    await mkdir(join(logs, 'logs_2026-09-23'));
    await write('2026-09-24_18-05_chat.txt', chat(2, 'mara', 'today'));
    await write('26.txt', chat(2, 'mara', 'no such file'));
    const old = join(logs, '2026-09-23_18-05_chat.txt');
    await writeFile(old, chat(1, 'mara', 'yesterday').replace('24-09', '23-09'));
    await utimes(old, new Date('2026-09-23T18:06:00Z'), new Date('2026-09-23T18:06:00Z'));
    await rename(old, join(logs, 'logs_2026-09-23', '2026-09-23_18-05_chat.txt'));
    const outside = join(server, 'secret.txt');
    await writeFile(outside, chat(3, 'mara', 'outside'));
    await symlink(outside, join(logs, '2026-09-24_18-07_chat.txt'));
    const { lines } = await search();
    expect(lines.map(({ file }) => file)).toEqual([
      'logs_2026-09-23/2026-09-23_18-05_chat.txt',
      '2026-09-24_18-05_chat.txt',
    ]);
  });

  test('filters by type, level, player, pattern and time', async () => {
    await write('2026-09-24_18-05_user.txt', at(1, `${id} "mara" fully connected (1,2,3)`));
    await write('2026-09-24_18-05_chat.txt', chat(2, 'mara', 'hello'), chat(3, 'bob', 'a maraca'));
    await write('2026-09-24_18-05_admin.txt', `[24-09-26 18:05:04.000][warning] admin kicked user m\u001b[31mara.\n`);
    const count = async (options: Search): Promise<number> => (await search(options)).lines.length;
    expect(await count({ wish: { category: 'CHAT' } })).toBe(2);
    expect(await count({ wish: { player: 'mara' } })).toBe(3);
    expect(await count({ wish: { level: 'warn' } })).toBe(1);
    expect(await count({ wish: { pattern: 'maraca' } })).toBe(1);
    expect(await count({ types: ['user'] })).toBe(1);
    const sinceMs = Date.UTC(2026, 8, 24, 18, 5, 3);
    expect(await count({ sinceMs })).toBe(2);
    expect(await count({ untilMs: sinceMs })).toBe(3);
    const { lines } = await search({ zone: namedZone('Europe/Berlin') ?? fixedZone(0) });
    expect(lines[0]?.time).toBe('2026-09-24T16:05:01.000Z');
  });

  test('secrets are hidden before they are looked for', async () => {
    const made = 'admin created user Old Tom with password let me in';
    await write('2026-09-24_18-05_admin.txt', at(1, made), at(2, 'admin typed s3cret-word'), at(3, 'after'));
    expect((await search()).texts).toEqual([
      'admin created user Old Tom with password ******',
      'admin typed ******',
      'after',
    ]);
    expect((await search({ wish: { pattern: 'let me|s3cret' } })).lines).toEqual([]);
  });

  test('a line break in chat forges nothing', async () => {
    const text = `a.\n[24-09-26 18:05:02.000] ${id} "admin" said so.\nb`;
    await write('2026-09-24_18-05_chat.txt', chat(1, 'mara', text), chat(3, 'mara', 'next'));
    const { lines } = await search();
    expect(lines.map(({ time, event }) => [time.slice(17, 19), event])).toEqual([
      ['01', undefined],
      ['01', undefined],
      ['01', undefined],
      ['03', 'said'],
    ]);
  });

  test('a search that was put down is taken up again after its last line', async () => {
    await write('2026-09-24_18-05_user.txt', at(1, 'one'), at(2, 'two'), at(2, 'three'));
    await write('2026-09-24_18-05_chat.txt', at(2, 'four'), at(3, 'five'));
    const whole = (await search()).texts;
    expect(whole).toHaveLength(5);
    const parts: string[] = [];
    let after: FileSearchOptions['after'];
    for (let round = 0; round < 5; round += 1) {
      const { findings, texts, end } = await search({ after, limit: 1 });
      parts.push(...texts);
      expect(end?.isCut).toBe(round < 4);
      const last = findings.at(-1);
      if (last?.kind === 'file-found') after = last.place;
    }
    expect(parts).toEqual(whole);
    expect((await search({ after })).texts).toEqual([]);
  });

  test('lines of the console come between them, and all count towards the limit', async () => {
    await write('2026-09-24_18-05_user.txt', at(1, 'one'), at(3, 'three'), at(5, 'five'));
    const text = ['0 o zero', '2 o two', '3 o three too', '4 o four']
      .map((line) => `2026-09-24T18:05:0${line.replace(' ', '.000000000Z ')}`)
      .join('\n');
    const console: readonly LogItem[] = [{ kind: 'lines', stream: 's', first: 1, count: 4, text }];
    const order = async (limit: number) => {
      const { findings, end } = await search({ console, limit });
      const texts = findings.flatMap((finding) =>
        finding.kind === 'gap' ? [] : finding.lines.map((line) => ('file' in line ? line.message : line.text)),
      );
      return [texts.join(' '), end?.isCut];
    };
    expect(await order(100)).toEqual(['zero one two three too three four five', false]);
    expect(await order(7)).toEqual(['zero one two three too three four five', false]);
    expect(await order(6)).toEqual(['zero one two three too three four', true]);
    expect(await order(2)).toEqual(['zero one', true]);
  });

  test('files of any size are read a piece at a time, and lines of any length', async () => {
    const long = at(1, 'x'.repeat(700_000));
    const many = Array.from({ length: 9_000 }, (_, index) => at(2, `line ${index} ${'y'.repeat(60)}`));
    await write('2026-09-24_18-05_user.txt', long, ...many);
    const { lines } = await search({ wish: { pattern: 'line \\d*99 ' } });
    expect(lines).toHaveLength(90);
  });
});
