import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';

/** The end of a server's life with the program as it is published, and with each of its processes killed in the middle. */
describe('removal', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
  });
  afterAll(() => fleet?.dispose());

  const servers = (): string => join(fleet.box.home, 'servers');
  const left = async (): Promise<string[]> => (await readdir(servers())).sort();
  const zedops = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await fleet.owner.run([...args]);
    if (exitCode !== 0) throw new Error(`zedops ${args.join(' ')} exited with ${exitCode}: ${stderr}`);
    return stdout;
  };
  const make = async (name: string): Promise<void> => {
    const env = await fleet.envFile(name);
    const from = ['--host', fleet.host, '--image', 'simulator', '--env-file', env];
    await zedops('server', 'create', name, ...from, '--no-start');
    await zedops('server', 'delete', name, '--yes');
  };
  /** Makes the store say that a server's time was up a minute ago. */
  const makeDue = (name: string): void => {
    const database = new DatabaseSync(join(fleet.owner.home, 'manager/manager.db'));
    database.exec('pragma busy_timeout = 5000');
    database.prepare('update servers set purge_at = ? where name = ?').run(Date.now() - 60_000, name);
    database.close();
  };
  const isForgotten = async (name: string): Promise<boolean> =>
    !(await zedops('server', 'list', '--deleted', '--json')).includes(`"${name}"`);

  test('an agent that is killed in the middle of a purge goes on with it at its next start', async () => {
    await make('alpha');
    await make('beta');
    const chunks = join(servers(), 'alpha/data/map');
    await mkdir(chunks, { recursive: true });
    for (let at = 0; at < 20_000; at += 1) await writeFile(join(chunks, `${at}.bin`), '');
    const purging = fleet.owner.run(['server', 'purge', 'alpha', '--confirm', 'alpha']);
    await eventually('the data to be moved aside', async () => (await left()).some((name) => name.startsWith('.purg')));
    await fleet.agent().end('SIGKILL');
    expect(await isForgotten('alpha')).toBe(false);
    expect((await left()).join()).toMatch(/^\.purging-.*,beta$/);
    await fleet.startAgent();
    await eventually('the data to be gone', async () => (await left()).join() === 'beta');
    // Whoever asked has waited for it, and hears how it ended.
    const { stdout, stderr, exitCode } = await purging;
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain('alpha is purged');
    expect(await isForgotten('alpha')).toBe(true);
  });

  test('a manager that was down when the time was up purges when it starts', async () => {
    await fleet.manager().end('SIGKILL');
    makeDue('beta');
    await fleet.startManager();
    await eventually('the name to be free', () => isForgotten('beta'), 50);
    expect(await left()).toEqual([]);
    expect(await zedops('audit', '--json', '--limit', '50')).toContain('"name":"retention"');
  });

  test('a host that is away keeps the world of a server whose time is up, until it is back', async () => {
    await make('gamma');
    await fleet.agent().end('SIGKILL');
    makeDue('gamma');
    await fleet.manager().end('SIGKILL');
    await fleet.startManager();
    expect(await zedops('server', 'list', '--deleted')).toMatch(/gamma .*due, once box-1 is online/);
    expect(existsSync(join(servers(), 'gamma'))).toBe(true);
    await fleet.startAgent();
    await eventually('the name to be free', () => isForgotten('gamma'), 50);
    expect(await left()).toEqual([]);
  });
});
