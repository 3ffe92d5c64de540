import { appendFile, link, mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLogFolder } from './log-folder.ts';
import { createLogTail, type LogTail, type TailRound } from './log-tail.ts';

let server: string;
let logs: string;
beforeEach(async () => {
  server = await mkdtemp(join(tmpdir(), 'zedops-logs-'));
  logs = join(server, 'data', 'Logs');
  await mkdir(logs, { recursive: true });
});
afterEach(() => rm(server, { recursive: true, force: true }));

const entry = (text: string, second = 9): string => `[24-09-26 18:05:0${second}.123] ${text}.\n`;
const round = (tail: LogTail, sinceMs = 0): Promise<TailRound | undefined> =>
  withLogFolder(server, (folder) => tail.round(folder, sinceMs));
const lines = async (tail: LogTail, sinceMs = 0): Promise<string[]> =>
  (await round(tail, sinceMs))?.lines.map(({ parsed }) => parsed.text) ?? [];

test('each line comes once, in the order of their times, also after a restart', async () => {
  const user = join(logs, '2026-09-24_18-05_user.txt');
  await writeFile(user, entry('one', 1) + entry('three', 3));
  await writeFile(join(logs, '2026-09-24_18-05_chat.txt'), entry('two', 2));
  await writeFile(join(logs, '2026-09-24_18-05_DebugLog-server.txt'), entry('not read'));
  const tail = createLogTail([]);
  expect(await lines(tail)).toEqual(['one', 'two', 'three']);
  expect(await lines(tail)).toEqual([]);
  await appendFile(user, `${entry('four', 4)}[24-09-26 18:05:05.000] fi`);
  expect(await lines(tail)).toEqual(['four']);
  const next = createLogTail(tail.positions());
  expect(await lines(next)).toEqual([]);
  await appendFile(user, 've.\n');
  expect(await lines(next)).toEqual(['five']);
});

test('what is written while files are read is not told before what came earlier elsewhere', async () => {
  const [chat, perks, user] = ['chat', 'PerkLog', 'user'].map((type) => join(logs, `2026-09-24_18-05_${type}.txt`));
  await writeFile(user ?? '', entry('joined', 1));
  const tail = createLogTail([]);
  const told = await withLogFolder(server, async (folder) => {
    let looks = 0;
    const files = async () => {
      const seen = await folder.files();
      looks += 1;
      if (looks === 1) {
        // Between the look at the folder and the reading of what was seen there.
        await writeFile(chat ?? '', entry('said', 2));
        await writeFile(perks ?? '', entry('died', 3));
        await appendFile(user ?? '', entry('left', 4));
      }
      return seen;
    };
    return tail.round({ ...folder, files }, 0);
  });
  expect(told?.lines.map(({ parsed }) => parsed.text)).toEqual(['joined', 'said', 'died', 'left']);
});

test('build 41 begins a new file', async () => {
  const tail = createLogTail([]);
  await writeFile(join(logs, '24-09-26_18-05-09_chat.txt'), entry('one'));
  expect(await lines(tail)).toEqual(['one']);
  await writeFile(join(logs, '24-09-26_18-06-10_chat.txt'), entry('two'));
  expect(await lines(tail)).toEqual(['two']);
});

test('build 42 begins the same file anew, also where it is as long by then', async () => {
  const tail = createLogTail([]);
  const chat = join(logs, '2026-09-24_18-05_chat.txt');
  await writeFile(chat, entry('one') + entry('two'));
  expect(await lines(tail)).toEqual(['one', 'two']);
  await truncate(chat, 0);
  await appendFile(chat, entry('new'));
  expect(await lines(tail)).toEqual(['new']);
  await truncate(chat, 0);
  await appendFile(chat, entry('abc'));
  // The file system's clock may not have moved on.
  await utimes(chat, new Date(), new Date(Date.now() + 1_000));
  expect(await lines(tail)).toEqual(['abc']);
  await truncate(chat, 0);
  await appendFile(chat, entry('long'.repeat(60)) + entry('longer'));
  expect(await lines(tail)).toEqual(['long'.repeat(60), 'longer']);
});

test('a start of the game moves files away: they are read to their end, and earlier runs are not', async () => {
  const user = join(logs, '2026-09-24_18-05_user.txt');
  await writeFile(user, entry('one'));
  const tail = createLogTail([]);
  expect(await lines(tail)).toEqual(['one']);
  await appendFile(user, entry('last'));
  const archive = join(logs, 'logs_2026-09-24');
  await mkdir(archive);
  await rename(user, join(archive, '2026-09-24_18-05_user.txt'));
  await writeFile(join(logs, '2026-09-24_19-00_user.txt'), entry('first'));
  const old = join(logs, '2026-09-23_18-05_user.txt');
  await writeFile(old, entry('yesterday'));
  await utimes(old, new Date(1_000), new Date(1_000));
  expect(await lines(createLogTail(tail.positions()), 60_000)).toEqual(['last', 'first']);
  expect(await lines(tail, 60_000)).toEqual(['last', 'first']);
  tail.forgetMoved();
  expect(tail.positions()).toHaveLength(1);
});

test('nothing outside of the server’s own data is opened', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'zedops-outside-'));
  const secret = join(outside, '2026-09-24_18-05_user.txt');
  await writeFile(secret, entry('secret'));
  await symlink(secret, join(logs, '2026-09-24_18-05_user.txt'));
  await symlink(outside, join(logs, 'logs_2026-09-24'));
  await mkdir(join(logs, '2026-09-24_18-05_chat.txt'));
  expect(await lines(createLogTail([]))).toEqual([]);
  await rm(logs, { recursive: true });
  await symlink(outside, logs);
  expect(await round(createLogTail([]))).toBeUndefined();
  await rm(logs);
  expect(await round(createLogTail([]))).toBeUndefined();
  await link(secret, join(server, 'hard'));
  await rm(outside, { recursive: true });
});

test('a line break in a name or in chat forges nothing', async () => {
  const tail = createLogTail([]);
  const forged = '76561198000000001 "admin" disconnected player (1,2,3)';
  await writeFile(
    join(logs, '2026-09-24_18-05_user.txt'),
    entry(`76561198000000002 "x\n${entry(forged)}" attempting to join`),
  );
  const chat = "Got message:ChatMessage{chat=General, author='x', text='a.";
  await writeFile(join(logs, '2026-09-24_18-05_chat.txt'), entry(`${chat}\n${entry(`b`)}'}`));
  const kinds = (await round(tail))?.lines.map(({ type, parsed }) => `${type} ${parsed.kind}`);
  expect(kinds).toEqual(['chat entry', 'chat rest', 'chat rest', 'user entry', 'user rest', 'user rest']);
});

test('a line without an end takes no memory and hides no later one', async () => {
  const tail = createLogTail([]);
  const user = join(logs, '2026-09-24_18-05_user.txt');
  await writeFile(user, 'x'.repeat(600_000));
  for (let rounds = 0; rounds < 3; rounds += 1) expect(await lines(tail)).toEqual([]);
  await appendFile(user, `${entry('not an entry')}${entry('one')}`);
  const next = createLogTail(tail.positions());
  expect(await lines(next)).toEqual(['one']);
});

test('the offset of the server’s clock is measured', async () => {
  const user = join(logs, '2026-09-24_18-05_user.txt');
  await writeFile(user, entry('one'));
  const written = new Date(Date.UTC(2026, 8, 24, 16, 5, 9, 200));
  await utimes(user, written, written);
  expect((await round(createLogTail([])))?.offsetMs).toBe(2 * 3_600_000);
});
