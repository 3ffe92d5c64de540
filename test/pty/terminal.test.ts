import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { type Place, program } from '../support/zedops.ts';

/** What only a real terminal shows: prompts, spinners, Ctrl-C, narrow screens. */
describe('in a terminal', () => {
  let fleet: Fleet;
  let terminal: Terminal | undefined;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    const env = await fleet.envFile('alpha', { SIM_LOG_RATE: '20', SIM_STARTUP_SECONDS: '2' });
    const args = ['server', 'create', 'alpha', '--host', 'box-1', '--image', 'simulator', '--env-file', env];
    const { exitCode, stderr } = await fleet.owner.run(args);
    if (exitCode !== 0) throw new Error(stderr);
  });
  afterAll(async () => {
    await terminal?.close();
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    await fleet?.dispose();
  });

  const open = async (place: Place, columns: number): Promise<Terminal> => {
    await terminal?.close();
    const path = join(place.home, 'path');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    const env = { ...place.env, PATH: `${path}:${place.env.PATH ?? ''}` };
    terminal = await openTerminal({ columns, rows: 24, env, cwd: place.home });
    await terminal.shows(/[$#] ?$/);
    return terminal;
  };

  test('asks for a password without showing it', async () => {
    const place = await fleet.stranger();
    const added = await fleet.owner.run(['user', 'add', 'typist@example.org', '--role', 'viewer']);
    const code = /zo_\S+/.exec(added.stdout)?.[0] ?? '';
    const at = await open(place, 120);
    await at.type(`zedops login ${fleet.url} --code ${code}`);
    await at.press('Enter');
    await at.shows(/E-mail.*: ?$/);
    await at.press('Enter');
    await at.shows(/password.*: ?$/i);
    await at.type('typed but never shown');
    await at.press('Enter');
    await at.shows(/again|repeat|once more/i);
    await at.type('typed but never shown');
    await at.press('Enter');
    const screen = await at.shows(/typist@example\.org/);
    expect(screen).not.toContain('never shown');
  });

  test('asks before it destroys, and takes no for an answer', async () => {
    const at = await open(fleet.owner, 100);
    await at.type('zedops server delete alpha');
    await at.press('Enter');
    await at.shows(/alpha.*\?/);
    await at.type('n');
    await at.press('Enter');
    await at.type('zedops ps');
    await at.press('Enter');
    await at.shows(/alpha\s.*ready/);
  });

  test('shows the steps of a restart while they happen', async () => {
    const at = await open(fleet.owner, 100);
    await at.type('zedops restart alpha');
    await at.press('Enter');
    await at.shows(/(sav|quit|exit|start)/i);
    await at.shows(/alpha.*ready/);
  });

  test('Ctrl-C ends a followed log and says nothing more', async () => {
    const at = await open(fleet.owner, 100);
    await at.type('zedops logs alpha -f; echo "exit $?"');
    await at.press('Enter');
    await at.shows(/LOG/);
    await at.press('C-c');
    const screen = await at.shows(/exit 130/);
    expect(screen).not.toMatch(/error/i);
  });

  test.each([80, 120, 200])('lists servers within %i columns', async (columns) => {
    const at = await open(fleet.owner, columns);
    await at.type('clear; zedops server list; zedops host list');
    await at.press('Enter');
    const screen = await at.shows(/box-1.*online/);
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(screen).toMatch(/alpha/);
  });
});
