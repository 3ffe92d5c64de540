import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { type Place, program } from '../support/zedops.ts';

/** Servers made and changed by forms, in a real terminal before a real manager, agent and game. */
describe('the forms', () => {
  let fleet: Fleet;
  let terminal: Terminal | undefined;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
  });
  afterEach(async () => terminal?.close());
  afterAll(async () => {
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    await fleet?.owner.run(['server', 'kill', 'bravo', '--yes']);
    await fleet?.dispose();
  });

  const open = async (place: Place, columns: number): Promise<Terminal> => {
    const path = join(place.home, 'path');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    const env = { ...place.env, PATH: `${path}:${place.env.PATH ?? ''}` };
    const opened = await openTerminal({ columns, rows: 24, env, cwd: place.home });
    terminal = opened;
    await opened.shows(/[$#] ?$/);
    await opened.type('zedops; echo "exit $?"');
    await opened.press('Enter');
    await opened.shows(/● live/);
    return opened;
  };

  test('make a server from its first field to its log, through a resize and a killed manager', async () => {
    const at = await open(fleet.far, 100);
    await at.press('n');
    await at.shows(/Image +simulator/);
    await at.press('Enter');
    await at.type('Alpha');
    await at.shows(/a name has 2 to 32 of a-z/);
    await at.press('C-u');
    await at.type('alpha');
    await at.press('Enter');
    await at.press('a');
    await at.shows(/ADMIN_PASSWORD is missing, and the image needs it/);
    await at.press('Enter');
    await at.type('Canary-5521');
    await at.press('Enter');
    await at.press('p');
    await at.shows(/Free on box-1: \d+/);
    await at.resize(70, 20);
    await at.shows(/everything fits/);
    await fleet.manager().end('SIGKILL');
    await at.shows(/The manager is away/);
    await at.press('a');
    await at.shows(/cannot be reached|refused|closed|away/i);
    await fleet.startManager();
    await at.shows(/● live/, 60);
    await eventually('the host to be back', async () =>
      (await fleet.owner.run(['host', 'list'])).stdout.includes('online'),
    );
    await at.shows(/everything fits/);
    await at.resize(100, 24);
    await at.press('a');
    await at.shows(/Create alpha on box-1\?[\s\S]*then +it is started/, 60);
    await at.press('y');
    const screen = await at.shows(/alpha is created and ready/, 60);
    expect(screen).toMatch(/Logs/);
    expect(screen).not.toContain('Canary-5521');
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('change a server, and show what came of it', async () => {
    const at = await open(fleet.far, 120);
    await at.shows(/alpha +ready/);
    await at.press('e');
    await at.shows(/Admin password +set/);
    await at.press('/');
    await at.type('players online');
    await at.press('Enter');
    await at.shows(/▸ +Players online/);
    await at.press('Enter');
    await at.press('C-u');
    await at.type('3');
    await at.press('Enter');
    await at.press('C-s');
    await at.press('C-u');
    await at.type('saved.env');
    await at.press('Enter');
    await at.shows(/Saved to .*without ADMIN_PASSWORD/);
    const saved = join(fleet.far.home, 'saved.env');
    expect(await readFile(saved, 'utf8')).toMatch(/^SIM_PLAYERS=3$/m);
    expect((await stat(saved)).mode & 0o777).toBe(0o600);
    await at.press('a');
    await at.shows(/SIM_PLAYERS +0 → 3/);
    await at.press('y');
    await at.shows(/alpha is changed; it is ready again/, 60);
    await at.press('J');
    await at.shows(/server\.rebuild +alpha +done/);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('are not for someone who may only look', async () => {
    const place = await fleet.stranger();
    const added = await fleet.owner.run(['user', 'add', 'viewer@example.org', '--role', 'viewer']);
    const code = /zo_\S+/.exec(added.stdout)?.[0] ?? '';
    const login = ['login', fleet.url, '--code', code, '--email', 'viewer@example.org', '--password-stdin'];
    expect(await place.run(login, { input: 'correct horse battery staple\n' })).toMatchObject({ exitCode: 0 });
    const at = await open(place, 100);
    await at.shows(/alpha +ready/);
    await at.press('n');
    await at.shows(/New server: needs the permission server:create/);
    await at.press('e');
    await at.shows(/Edit alpha: needs the permission server:configure on alpha/);
  });
});
