import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { program } from '../support/zedops.ts';

/** Console, players and command line of the screens, before a real manager, agent and game. */
describe('the screens', () => {
  let fleet: Fleet;
  let terminal: Terminal | undefined;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    const env = await fleet.envFile('alpha', { SIM_PLAYERS: '2', SIM_STARTUP_SECONDS: '1' });
    const args = ['server', 'create', 'alpha', '--host', 'box-1', '--image', 'simulator', '--env-file', env];
    const { exitCode, stderr } = await fleet.owner.run(args);
    if (exitCode !== 0) throw new Error(stderr);
  });
  afterEach(async () => terminal?.close());
  afterAll(async () => {
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    await fleet?.dispose();
  });

  const open = async (line = 'zedops'): Promise<Terminal> => {
    const { home, env } = fleet.far;
    const path = join(home, 'path');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    terminal = await openTerminal({
      ...{ columns: 100, rows: 30, cwd: home },
      env: { ...env, PATH: `${path}:${env.PATH ?? ''}` },
    });
    await terminal.shows(/[$#] ?$/);
    await terminal.type(`${line}; echo "exit $?"`);
    await terminal.press('Enter');
    await terminal.shows(/alpha +ready/);
    return terminal;
  };
  // An Escape with another letter right behind it is Alt to a terminal, so what it does is waited for.
  /** Leaves typing in the console. */
  const leave = async (at: Terminal): Promise<void> => {
    await at.press('Escape');
    await at.shows(/^(?![\s\S]*Esc: keys of the screen)/);
  };
  /** Closes what lies over the fleet. */
  const close = async (at: Terminal): Promise<void> => {
    await at.press('Escape');
    await at.shows(/EVENTS[\s\S]*quit *(?:\n[^\n]*)?$/);
  };
  const enter = async (at: Terminal, line: string): Promise<void> => {
    await at.type(line);
    await at.press('Enter');
  };

  test('send lines to the game: completion, refusals in words, a question before what cannot be undone', async () => {
    const at = await open();
    await enter(at, ':rcon alpha');
    await at.shows(/alpha> *\n/);
    await enter(at, 'players');
    await at.shows(/Players connected \(2\)[\s\S]*mara/);
    await at.type('kicku');
    await at.press('Tab');
    await at.shows(/alpha> kickuser *\n/);
    await at.press('Tab');
    await at.shows(/mara +"Old Tom"/);
    await at.press('C-u');
    await enter(at, 'kickuser nobody');
    await at.shows(/error: alpha: User nobody doesn't exist/);
    await at.press('C-r');
    await at.type('play');
    await at.shows(/\(search\) play: players/);
    await at.press('Escape');
    await at.shows(/^(?![\s\S]*\(search\))/);
    await at.press('C-u');
    await at.shows(/alpha> *\n[^\n]*$/);
    await leave(at);
    await at.press('1');
    await at.shows(/state +ready/);
    await at.press('3');
    const kept = await at.shows(/alpha> *\n/);
    expect(kept).toMatch(/User nobody doesn't exist/);
    await leave(at);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('kick a player, after the exact command was shown', async () => {
    const at = await open();
    await at.press('p');
    await at.shows(/PLAYER +SERVER[\s\S]*mara[\s\S]*2 online/);
    await at.type('/mara');
    await at.press('Enter');
    await at.press('x');
    await at.shows(/Kick mara on alpha[\s\S]*the game is told: kickuser "mara"/);
    await at.type('be kind');
    await at.shows(/kickuser "mara" -r "be kind"[\s\S]*zedops player kick mara --reason 'be kind' --server alpha/);
    await at.press('Enter');
    await at.shows(/Kick mara on alpha: the game said/);
    await at.shows(/mara left alpha/, 30);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('run the words of the command line, with questions, exit codes and hints', async () => {
    const at = await open();
    await at.type(':ser');
    await at.press('Tab');
    await at.type('sh');
    await at.press('Tab');
    await at.type('al');
    await at.press('Tab');
    await at.shows(/: server show alpha/);
    await at.press('Enter');
    await at.shows(/zedops server show alpha[\s\S]*done/);
    await close(at);
    await enter(at, ':server show nothing');
    await at.shows(/error: [\s\S]*exit code 4/);
    await close(at);
    await enter(at, ':server kill alpha');
    await at.shows(/\[y\/N\]/);
    await at.press('Escape');
    await at.shows(/Nothing was done/);
    await close(at);
    await enter(at, ':agent');
    await at.shows(/zedops agent[^\n]*: runs on the host’s own shell/);
    await close(at);
    await at.press('q');
    await at.shows(/exit 0/);
  });

  test('only look with --read-only', async () => {
    const at = await open('zedops --read-only');
    await enter(at, ':server stop alpha');
    await at.shows(/opened with --read-only/);
    await at.press('C-u');
    await enter(at, 'rcon alpha "save"');
    await at.shows(/error: [^\n]*opened with --read-only/);
    await close(at);
    await enter(at, ':rcon alpha');
    await at.shows(/alpha> *\n/);
    await enter(at, 'save');
    await at.shows(/save: not sent: ZedOps was opened with --read-only/);
    await leave(at);
    await at.press('q');
    await at.shows(/exit 0/);
  });
});
