import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { ConsoleEvent } from '../zomboid/console/console-events.ts';
import { banner } from './main.ts';
import { startRun, type TestRun, testSecrets } from './test-run.ts';

const runs: TestRun[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.dispose()));
});
const start = async (env?: Record<string, string>, folder?: string): Promise<TestRun> => {
  const run = await startRun(env, folder);
  runs.push(run);
  return run;
};
/** The events in short, phases and repeated ones left out. */
const story = (events: readonly ConsoleEvent[]): string[] =>
  events
    .flatMap((event) => {
      if (event.kind === 'phase') return [];
      return event.kind === 'shutdown' ? `shutdown ${event.step}` : event.kind;
    })
    .filter((word, index, words) => word !== words[index - 1]);
const phases = (events: readonly ConsoleEvent[]): string[] =>
  events
    .flatMap((event) => (event.kind === 'phase' ? event.phase : []))
    .filter((word, index, words) => word !== words[index - 1]);
const lastSave = (run: TestRun): unknown =>
  JSON.parse(readFileSync(join(run.folder, 'Saves/Multiplayer/servertest/zedops-simulator-last-save.json'), 'utf8'));

describe('a whole run', () => {
  test('of build 42 prints what ZedOps reads, in the game’s order, and ends with the world saved', async () => {
    const run = await start({ SIM_PLAYERS: '2', SERVER_WORKSHOP_ITEMS: '3067798182', SERVER_MODS: 'ModA' });
    await run.until(/RCON: listening/);
    run.type('save');
    await run.until(/Saving took/);
    run.type('quit');
    expect(await run.exit).toBe(0);
    expect(run.output().split('\n')[0]).toBe(banner);
    expect(story(run.events())).toEqual([
      ...['version', 'ready', 'rcon', 'save-asked', 'saved'],
      ...['shutdown started', 'shutdown exited', 'saved', 'shutdown finished'],
    ]);
    expect(phases(run.events())).toEqual([
      ...['launching', 'connecting to Steam', 'downloading workshop items', 'opening ports in the router'],
      ...['loading assets', 'loading mods and maps', 'loading the world'],
    ]);
    expect(readFileSync(join(run.folder, 'server-console.txt'), 'utf8')).toBe(run.output());
    expect(lastSave(run)).toMatchObject({ save: 2, reason: 'quit', players: ['mara', 'Old Tom'] });
    const world = join(run.folder, 'Saves/Multiplayer/servertest');
    expect(readdirSync(join(world, 'map', '1000'))).toHaveLength(8);
    expect(readFileSync(join(world, 'map_t.bin')).subarray(0, 4).toString()).toBe('GMTM');
    const players = new DatabaseSync(join(world, 'players.db'), { readOnly: true });
    expect(players.prepare('SELECT count(*) AS count FROM networkPlayers').get()).toEqual({ count: 2 });
    expect(players.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    players.close();
  });

  test('of build 41 has that build’s lines, which say nothing of a save’s end', async () => {
    const run = await start({ SIM_BUILD: '41' });
    await run.until(/RCON: listening/);
    expect(run.output()).toMatch(/^LOG {2}: General {5}, \d{13}> version=41\.78\.16 demo=false$/m);
    expect(run.output()).toMatch(/^LOG {2}: Network {5}, \d{13}> \d+> \*\*\* SERVER STARTED \*\*\*\*$/m);
    run.type('quit');
    expect(await run.exit).toBe(0);
    expect(story(run.events())).toEqual(['version', 'ready', 'rcon', 'shutdown exited']);
    expect(lastSave(run)).toMatchObject({ save: 1, reason: 'quit' });
  });

  test('leaves no secret but in the ini, and nothing running', async () => {
    const open = (): string[] => process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP|FSReq)/.test(name));
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const run = await start({ SIM_PLAYERS: '3', SIM_LOG_RATE: '100' });
    await run.until(/RCON: listening/);
    run.type('adduser "new one" "quite-secret-user"');
    run.type('changeoption Password "quite-secret-join"');
    await run.until(/Option : Password/);
    run.type('quit');
    await run.exit;
    await expect.poll(open).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(before);
    const files = readdirSync(run.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const leaks = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes('quite-secret'));
    expect(leaks.map(({ name }) => name)).toEqual(['servertest.ini']);
    expect(run.output()).not.toContain('quite-secret');
    expect(readFileSync(join(run.folder, 'Server/servertest.ini'), 'utf8')).not.toContain(testSecrets.ADMIN_PASSWORD);
  });
});

describe('a start', () => {
  test('without an admin password asks stdin for one, once in a world’s life', async () => {
    const run = await start({ ADMIN_PASSWORD: '' });
    await run.until(/Enter new administrator password/);
    expect(run.events().at(-1)).toMatchObject({ kind: 'failure', failure: 'admin-password', fatal: true });
    run.type('one');
    run.type('another');
    run.type('quite-secret');
    run.type('quite-secret');
    await run.until(/Administrator account 'admin' created[\s\S]*RCON: listening/);
    expect(run.output().match(/Enter new administrator/g)).toHaveLength(2);
    expect(run.output()).not.toContain('quite-secret');
    run.breakOutput();
    await run.exit;
    const again = await start({ ADMIN_PASSWORD: '' }, run.folder);
    await again.until(/RCON: listening/);
  });

  test('writes what the environment says into the ini and takes the time it was told', async () => {
    const begun = Date.now();
    const run = await start({ SERVER_PUBLIC_NAME: 'A & B', SIM_STARTUP_SECONDS: '0.4' });
    await run.until(/SERVER STARTED/);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(390);
    expect(readFileSync(join(run.folder, 'Server/servertest.ini'), 'utf8')).toContain('\nPublicName=A & B\n');
  });

  test('binds the game’s ports, and fails as the game does where one is taken', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, () => resolve()));
    const run = await start({ SERVER_DEFAULT_PORT: String(taken.address().port) });
    expect(await run.exit).toBe(1);
    await new Promise<void>((resolve) => taken.close(() => resolve()));
    expect(run.events().at(-1)).toMatchObject({ kind: 'failure', failure: 'game-port' });
  });

  test.each([
    ['Server/servertest_SandboxVars.lua', 'return {\n}\n', 'settings-file'],
    ['db/servertest.db', '', 'user-database'],
    ['db/servertest.db', 'this is no database, whatever it is called', 'user-database'],
  ])('ends at a broken %s (%j)', async (path, text, failure) => {
    const run = await start({ SIM_STARTUP_SECONDS: '60' });
    run.breakOutput();
    expect(await run.exit).toBe(141);
    mkdirSync(join(run.folder, 'db'), { recursive: true });
    writeFileSync(join(run.folder, path), text);
    const next = await start({}, run.folder);
    expect(await next.exit).toBe(1);
    expect(next.events()).toContainEqual(expect.objectContaining({ kind: 'failure', failure, fatal: true }));
  });

  test('refuses settings that make no sense', async () => {
    const run = await start({ SIM_PLAYERS: 'many' });
    expect(await run.exit).toBe(2);
    expect(run.output()).toBe('zedops simulate: SIM_PLAYERS is "many", not a whole number from 0 to 1000\n');
    expect(readdirSync(run.folder)).toEqual([]);
  });
});

describe('an end', () => {
  test.each([
    ['exit', 1, undefined],
    ['oom', 1, 'heap-memory'],
    ['killed', 0, 'killed'],
    ['native', 134, 'native-crash'],
    ['mod', 1, 'world-dictionary'],
    ['port', 1, 'game-port'],
    ['config', 1, 'settings-file'],
    ['corrupt', 1, 'user-database'],
    ['disk', 1, 'disk-full'],
  ])('by the crash "%s" has the exit code %i and its words', async (kind, exitCode, failure) => {
    const run = await start({ SIM_CRASH_KIND: kind, SIM_CRASH_AFTER: '0.05', SIM_STARTUP_SECONDS: '60' });
    expect(await run.exit).toBe(exitCode);
    const fatal = run.events().find((event) => event.kind === 'failure' && event.fatal);
    expect(fatal && 'failure' in fatal ? fatal.failure : undefined).toBe(failure);
  });

  test.each([
    ['ends', 'SIGTERM', 143, false],
    ['saves', 'SIGTERM', 143, true],
    ['saves', 'SIGINT', 130, true],
  ] as const)('by a signal that "%s": %s gives %i', async (effect, name, exitCode, isSaved) => {
    const run = await start({ SIM_SIGTERM: effect });
    await run.until(/RCON: listening/);
    run.signal(name);
    expect(await run.exit).toBe(exitCode);
    const path = join(run.folder, 'Saves/Multiplayer/servertest/zedops-simulator-last-save.json');
    expect(existsSync(path)).toBe(isSaved);
    if (isSaved) expect(lastSave(run)).toMatchObject({ reason: 'signal' });
    expect(story(run.events()).includes('shutdown finished')).toBe(isSaved);
  });

  test('in the middle of a save leaves that save unfinished', async () => {
    const run = await start({ SIM_SAVE_SECONDS: '60' });
    await run.until(/RCON: listening/);
    run.type('save');
    await run.until(/World saved/);
    run.signal('SIGTERM');
    expect(await run.exit).toBe(143);
    expect(story(run.events())).not.toContain('saved');
  });

  test('never comes to one that hangs, nor to one that ignores signals', async () => {
    const hanging = await start({ SIM_HANG_ON_STOP: 'true' });
    const deaf = await start({ SIM_SIGTERM: 'ignored' });
    await Promise.all([hanging.until(/RCON: listening/), deaf.until(/RCON: listening/)]);
    hanging.type('quit');
    await hanging.until(/Shutdown handling started/);
    for (const run of [hanging, deaf]) run.signal('SIGTERM');
    await wait(200);
    expect([hanging.hasEnded(), deaf.hasEnded()]).toEqual([false, false]);
    expect(story(hanging.events())).not.toContain('saved');
    hanging.breakOutput();
    expect(await hanging.exit).toBe(141);
  });
});

describe('players and output', () => {
  test('come with the lines of the log folder that say who is where', async () => {
    const run = await start({ SIM_PLAYERS: '3', SERVER_MAX_PLAYERS: '2' });
    await run.until(/RCON: listening/);
    run.type('kickuser "Old Tom" -r "enough"');
    await run.until(/User Old Tom kicked/);
    run.type('players');
    await run.until(/Players connected \(1\): \n-mara\n/);
    const logs = readdirSync(join(run.folder, 'Logs'));
    const log = (type: string): string =>
      readFileSync(join(run.folder, 'Logs', logs.find((name) => name.endsWith(`_${type}.txt`)) ?? ''), 'utf8');
    expect(log('user')).toMatch(
      /^\[\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] \d{17} "Old Tom" fully connected \(\d+,\d+,0\)\.$/m,
    );
    expect(log('user')).toMatch(/^\[[^\]]+\]\[warning\] \d{17} "Old Tom" disconnected player \(\d+,\d+,0\)\.$/m);
    expect(log('admin')).toContain('admin kicked user Old Tom.');
    expect(log('PerkLog')).toMatch(/\] \[\d{17}\]\[mara\]\[\d+,\d+,0\]\[Login\]\[Hours Survived: \d+\]\.$/m);
  });

  test('reaches 20,000 lines a second, each once and in order', async () => {
    const run = await start({ SIM_LOG_RATE: '20000' });
    await run.until(/#1\n/);
    const [begun, before] = [Date.now(), run.output().length];
    await wait(1_000);
    const [seconds, text] = [(Date.now() - begun) / 1000, run.output().slice(before)];
    const numbers = [...text.slice(0, text.lastIndexOf('\n')).matchAll(/ #(\d+)$/gm)].map(([, number]) =>
      Number(number),
    );
    expect(numbers.length / seconds).toBeGreaterThan(15_000);
    expect(numbers.length / seconds).toBeLessThan(25_000);
    expect(numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1)).toBe(true);
  });
});
