import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { program } from '../support/zedops.ts';

/** The console of a game on a real terminal. */
describe('zedops rcon in a terminal', () => {
  let fleet: Fleet;
  let terminal: Terminal | undefined;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    const env = await fleet.envFile('alpha', { SIM_PLAYERS: '2', SIM_STARTUP_SECONDS: '1' });
    const args = ['server', 'create', 'alpha', '--host', 'box-1', '--image', 'simulator', '--env-file', env];
    const { exitCode, stderr } = await fleet.owner.run(args);
    if (exitCode !== 0) throw new Error(stderr);
  });
  afterEach(async () => {
    await terminal?.close();
    terminal = undefined;
  });
  afterAll(async () => {
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    await fleet?.dispose();
  });

  const open = async (columns: number, before = ''): Promise<Terminal> => {
    const { home, env } = fleet.owner;
    const path = join(home, 'path');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    const at = await openTerminal({
      columns,
      rows: 24,
      env: { ...env, PATH: `${path}:${env.PATH ?? ''}` },
      cwd: home,
    });
    terminal = at;
    await at.shows(/[$#] ?$/);
    await at.type(`${before}zedops rcon alpha; echo "exit $?"`);
    await at.press('Enter');
    await at.shows(/alpha> ?$/);
    return at;
  };
  const send = async (at: Terminal, line: string): Promise<void> => {
    await at.type(line);
    await at.press('Enter');
  };

  test('runs lines, says what failed, and leaves with Ctrl-D', async () => {
    const at = await open(100);
    await at.shows(/build 42: Tab completes/);
    await send(at, 'servermsg "hello"');
    await at.shows(/Message sent\.\nalpha> ?$/);
    await send(at, 'kickuser nobody');
    await at.shows(/error: alpha: User nobody doesn't exist\.\nalpha> ?$/);
    await at.type('half a li');
    await at.press('C-c');
    await at.shows(/half a li\^C\nalpha> ?$/);
    await at.press('C-d');
    await at.shows(/exit 0/);
  });

  test('completes commands, players and options', async () => {
    const at = await open(100);
    await at.type('kicku');
    await at.press('Tab');
    await at.shows(/alpha> kickuser ?$/);
    await at.press('Tab');
    await at.shows(/mara +"Old Tom"\nalpha> kickuser ?$/);
    await at.type('ol');
    await at.press('Tab');
    await at.shows(/alpha> kickuser "Old Tom" ?$/);
    await at.press('C-u');
    await at.type('changeoption PauseE');
    await at.press('Tab');
    await at.shows(/alpha> changeoption PauseEmpty ?$/);
  });

  test('finds earlier lines with Ctrl-R and the arrows, also in a later session, and keeps no password', async () => {
    const first = await open(100);
    await send(first, 'servermsg "to be found again"');
    await first.shows(/Message sent/);
    await send(first, 'adduser keeper "canary-in-history"');
    await first.shows(/created with password/);
    await first.press('C-d');
    await first.shows(/exit 0/);
    await terminal?.close();
    const at = await open(100);
    await at.press('Up');
    await at.shows(/alpha> servermsg "to be found again"$/);
    await at.press('C-u');
    await at.press('C-r');
    await at.type('found');
    await at.shows(/\(search\) found: servermsg "to be found again"$/);
    await at.press('Enter');
    await at.shows(/Message sent\.\nalpha> ?$/);
    const folder = join(fleet.owner.env.ZEDOPS_HOME ?? '', 'client', 'console-history');
    const [file = ''] = await readdir(folder);
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    const kept = await readFile(join(folder, file), 'utf8');
    expect(kept).toContain('to be found again');
    expect(kept).not.toContain('canary-in-history');
  });

  test('stays whole when the window changes its size', async () => {
    const at = await open(100);
    const long = `servermsg "${'word '.repeat(30)}end"`;
    await at.type(long);
    await at.shows(/end"$/);
    await at.resize(40, 24);
    await at.shows(/alpha> .{5,35}end"$/);
    await at.resize(120, 24);
    await at.shows(/end"$/);
    await at.press('Enter');
    await at.shows(/Message sent\.\nalpha> ?$/);
  });

  test('asks before what cannot be undone', async () => {
    const at = await open(100);
    await send(at, 'removezombies -remove true');
    await at.shows(/Really\? removezombies -remove true \[y\/N\] ?$/);
    await send(at, 'n');
    await at.shows(/Nothing was done\nalpha> ?$/);
    await send(at, 'removezombies -remove true');
    await at.shows(/\[y\/N\] ?$/);
    await send(at, 'y');
    await at.shows(/Zombies removed\.\nalpha> ?$/);
  });

  test('works in a terminal that obeys nothing', async () => {
    const at = await open(100, 'TERM=dumb ');
    await send(at, 'servermsg "plain"');
    await at.shows(/Message sent\.\nalpha> ?$/);
    await at.press('C-d');
    await at.shows(/exit 0/);
  });

  test('says that the game is away, and that it is back', async () => {
    const at = await open(100);
    await fleet.agent().end();
    await send(at, 'players');
    await at.shows(/error: .*looking for it ──\nalpha \(away\)> ?$/s, 40);
    await fleet.startAgent();
    await at.shows(/── alpha is back ──\nalpha> ?$/, 60);
    await send(at, 'players');
    await at.shows(/Players connected/);
  });
});
