import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { type Place, program } from '../support/zedops.ts';

/** The screens of the built program in a real terminal, before a real manager, agent and game. */
describe('the screens', () => {
  let fleet: Fleet;
  let terminal: Terminal | undefined;
  let recording: string;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    const env = await fleet.envFile('alpha', { SIM_LOG_RATE: '50', SIM_STARTUP_SECONDS: '1' });
    const args = ['server', 'create', 'alpha', '--host', 'box-1', '--image', 'simulator', '--env-file', env];
    const { exitCode, stderr } = await fleet.owner.run(args);
    if (exitCode !== 0) throw new Error(stderr);
  });
  afterEach(async () => terminal?.close());
  afterAll(async () => {
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    await fleet?.dispose();
  });

  const open = async (place: Place, columns: number, line = 'zedops'): Promise<Terminal> => {
    const path = join(place.home, 'path');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    recording = join(place.home, `screen-${columns}-${Date.now()}.bytes`);
    const env = { ...place.env, PATH: `${path}:${place.env.PATH ?? ''}` };
    const opened = await openTerminal({ columns, rows: 24, env, cwd: place.home });
    terminal = opened;
    await opened.shows(/[$#] ?$/);
    await opened.type('echo what was there before');
    await opened.press('Enter');
    await opened.shows(/before\n/);
    await opened.record(recording);
    await opened.type(`${line}; echo "exit $?"`);
    await opened.press('Enter');
    return opened;
  };

  test.each([60, 80, 120, 200])('show the fleet within %i columns, and leave the shell as it was', async (columns) => {
    const at = await open(fleet.far, columns);
    const screen = await at.shows(/alpha +ready/);
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(screen).toMatch(/box-1 +online/);
    expect(screen).not.toContain('what was there before');
    await at.press('q');
    const shell = await at.shows(/exit 0/);
    expect(shell).toContain('what was there before');
    expect(shell).not.toMatch(/box-1 +online/);
  });

  test('show what host and server take, and how that was', async () => {
    const at = await open(fleet.far, 120);
    await at.shows(/box-1 +online .* \d+\.\d\d .*[GM] of \d+G +\d+%/);
    await at.shows(/alpha +ready .* \d+% +\d+M/, 30);
    await at.press('Enter');
    // One look more, and there is something to draw.
    await at.shows(/cpu +[▁-█ ]+ \d+% of a core/, 30);
    await at.shows(/memory +[▁-█ ]+ \d+M/);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('follow a log, stop and start the server, through resizes and without ever clearing the screen', async () => {
    const at = await open(fleet.far, 100);
    await at.shows(/alpha +ready/);
    await at.press('L');
    await at.shows(/LOG[\s\S]*following/);
    for (const [columns, rows] of [
      [60, 20],
      [160, 45],
      [40, 10],
      [100, 24],
    ] as const) {
      await at.resize(columns, rows);
      await at.shows(columns < 60 ? /ZedOps needs 60×20/ : /following/);
    }
    await at.press('k');
    await at.shows(/▼ \d+ new/);
    await at.press('G');
    await at.shows(/following/);
    await at.press('S');
    await at.shows(/Stop alpha on box-1\?/);
    await at.press('y');
    await at.shows(/alpha is stopped, its world saved/, 60);
    await at.shows(/ZedOps +alpha +stopped/);
    await at.press('s');
    await at.shows(/alpha is ready/, 60);
    await at.press('q');
    await at.shows(/exit 0/);
    const bytes = await readFile(recording, 'latin1');
    const own = bytes.slice(bytes.indexOf('\u001b[?1049h'), bytes.indexOf('\u001b[?1049l'));
    expect(own.length).toBeGreaterThan(1_000);
    expect(own).not.toMatch(/\u001b\[[0-3]?J/);
  });

  test('give the terminal back on SIGTERM and on Ctrl-Z', async () => {
    const at = await open(fleet.far, 80);
    await at.shows(/alpha +ready/);
    await at.press('C-z');
    await at.shows(/Stopped/);
    await at.type('fg >/dev/null');
    await at.press('Enter');
    await at.shows(/● live/);
    await at.press('C-z');
    await at.shows(/Stopped/);
    // The shell's own kill would let it go on before it has the terminal again.
    await at.type('env kill -TERM $(jobs -p); fg >/dev/null; echo "ended $?"');
    await at.press('Enter');
    const shell = await at.shows(/ended 143/);
    expect(shell).toContain('what was there before');
    await at.type('echo the keyboard echoes');
    await at.shows(/the keyboard echoes/);
  });

  test('give the terminal back when the program breaks, and say why on the person’s own screen', async () => {
    const breaks = 'data:text/javascript,setTimeout(()=>{throw(new(Error)(`it-broke`))},3000)';
    const at = await open(fleet.far, 80, `NODE_OPTIONS='--import=${breaks}' zedops`);
    await at.shows(/alpha +ready/);
    const shell = await at.shows(/exit [1-9]/);
    expect(shell).toContain('it-broke');
    expect(shell).not.toMatch(/alpha +ready/);
    await at.type('echo the keyboard echoes');
    await at.shows(/the keyboard echoes/);
  });

  test('stop and go on when someone else says so', async () => {
    const at = await open(fleet.far, 80, 'zedops & sleep 1; fg >/dev/null');
    await at.shows(/● live/);
    await at.press('C-z');
    await at.shows(/Stopped/);
    for (let count = 0; count < 2; count += 1) {
      await at.type('fg >/dev/null');
      await at.press('Enter');
      await at.shows(/● live/);
      await at.press('C-z');
      expect(await at.shows(/Stopped[^●]*$/)).toContain('what was there before');
    }
    // The shell's own kill would let it go on before it has the terminal again.
    await at.type('env kill -TERM $(jobs -p); fg >/dev/null; echo "ended $?"');
    await at.press('Enter');
    await at.shows(/ended 143/);
  });

  test('start a demo where no manager is known, and end it with them', async () => {
    const stranger = await fleet.stranger();
    const at = await open(stranger, 100);
    await at.shows(/three ways/);
    await at.press('3');
    await at.shows(/Starting manager and host|stand-in for the game/);
    await at.shows(/demo +ready/, 90);
    await at.press('q');
    await at.shows(/The demo that was started here ends with the screens/);
    await at.press('y');
    await at.shows(/exit 0/, 60);
    // Its socket went with it.
    const folder = join(stranger.env.ZEDOPS_HOME ?? stranger.home, 'cache/demo');
    expect(await readdir(folder)).toContain('manager');
    expect(await readdir(join(folder, 'manager'))).not.toContain('manager.sock');
  });

  test('stay readable while the manager is killed, and come back by themselves', async () => {
    const at = await open(fleet.far, 120);
    await at.shows(/alpha +ready/);
    await fleet.manager().end('SIGKILL');
    const screen = await at.shows(/The manager is away, trying again · shown: as it was \d+s ago/);
    expect(screen).toMatch(/alpha +ready/);
    await fleet.startManager();
    await at.shows(/● live/, 60);
    await at.shows(/alpha +ready/, 60);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('offer the three ways where no manager is known', async () => {
    const at = await open(await fleet.stranger(), 80);
    await at.shows(/three ways/);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('are told as lines where that is asked for', async () => {
    const at = await open(fleet.far, 100, 'zedops --plain');
    await at.shows(/server alpha on box-1: ready/);
    await at.shows(/host box-1: load [\d.]+ on \d+ CPUs/);
    await at.press('C-c');
    await at.shows(/exit 0/);
    expect(await readFile(recording, 'latin1')).not.toContain('\u001b[?1049h');
  });
});
