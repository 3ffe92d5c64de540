import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import type { Place } from '../support/zedops.ts';

/** Each rule of trust, tried by someone it keeps out, with the program as it is published. */
describe('the wrong person', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
  });
  afterAll(() => fleet?.dispose());

  const invite = async (name: string): Promise<string[]> => {
    const { stdout } = await fleet.far.run(['host', 'invite', name]);
    return stdout.trim().split(/\s+/).slice(1);
  };
  const signIn = async (email: string, role: string): Promise<Place> => {
    const place = await fleet.stranger();
    const added = await fleet.far.run(['user', 'add', email, '--role', role]);
    const code = /zo_\S+/.exec(added.stdout)?.[0] ?? '';
    const { exitCode } = await place.run(['login', fleet.url, '--code', code, '--password-stdin'], {
      input: 'a password of twenty characters\n',
    });
    expect(exitCode).toBe(0);
    return place;
  };
  const tokenOf = async (place: Place): Promise<string> => {
    const kept: unknown = JSON.parse(await readFile(join(place.home, 'client', 'profiles.json'), 'utf8'));
    const token = /"(zs_[^"]+)"/.exec(JSON.stringify(kept))?.[1];
    if (token === undefined) throw new Error('there is no session token in the profile');
    return token;
  };

  test('with no token sees nothing', async () => {
    const stranger = await fleet.stranger();
    const { exitCode, stdout } = await stranger.run(['server', 'list']);
    expect(exitCode).toBe(3);
    expect(stdout).toBe('');
    const other = await stranger.run(['server', 'list', '--url', fleet.url]);
    expect(other.exitCode).toBe(3);
  });

  test('with a made-up token is refused', async () => {
    const stranger = await fleet.stranger();
    const created = await fleet.far.run(['token', 'create', 'cron', '--permission', 'server:read']);
    const token = /zt_\S+/.exec(created.stdout)?.[0] ?? '';
    const works = await stranger.run(['server', 'list'], { env: { ZEDOPS_URL: fleet.url, ZEDOPS_TOKEN: token } });
    expect(works.exitCode).toBe(0);
    const forged = `zt_${'A'.repeat(32)}${token.slice(35)}`;
    const refused = await stranger.run(['server', 'list'], { env: { ZEDOPS_URL: fleet.url, ZEDOPS_TOKEN: forged } });
    expect(refused.exitCode).toBe(3);
    const tooMuch = await stranger.run(['host', 'invite', 'box-9'], {
      env: { ZEDOPS_URL: fleet.url, ZEDOPS_TOKEN: token },
    });
    expect(tooMuch.exitCode).toBe(3);
  });

  test('as a viewer may look and change nothing', async () => {
    const viewer = await signIn('viewer@example.org', 'viewer');
    expect((await viewer.run(['host', 'list'])).exitCode).toBe(0);
    for (const args of [
      ['host', 'invite', 'box-2'],
      ['host', 'revoke', 'box-1', '--yes'],
      ['user', 'list'],
      ['audit'],
    ]) {
      expect({ args, exitCode: (await viewer.run(args)).exitCode }).toEqual({ args, exitCode: 3 });
    }
  });

  test('who was removed is out at once, also from a log they are following', async () => {
    const gone = await signIn('gone@example.org', 'viewer');
    await fleet.far.run(['user', 'remove', 'gone@example.org', '--yes']);
    expect((await gone.run(['host', 'list'])).exitCode).toBe(3);
  });

  test('with a join code that was used joins nothing', async () => {
    const args = await invite('box-2');
    const first = await (await fleet.stranger()).run(args);
    expect(first.exitCode).toBe(0);
    const second = await fleet.stranger();
    const again = await second.run(args);
    expect(again.exitCode).toBe(3);
    expect((await second.run(['agent'])).exitCode).toBe(4);
  });

  test('with a join code that names another authority never says it to this manager', async () => {
    const args = await invite('box-3');
    const forged = args.map((arg) =>
      arg.startsWith('zj_') ? `${arg.slice(0, arg.indexOf('.') + 1)}${'A'.repeat(43)}` : arg,
    );
    const { exitCode, stderr } = await (await fleet.stranger()).run(forged);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('SHA256:');
    expect((await (await fleet.stranger()).run(args)).exitCode).toBe(0);
  });

  test('with someone else’s certificate is not that host', async () => {
    const thief = await fleet.stranger();
    await thief.run(await invite('box-4'));
    const own: unknown = JSON.parse(await readFile(join(thief.home, 'agent', 'identity.json'), 'utf8'));
    const other: unknown = JSON.parse(await readFile(join(fleet.box.home, 'agent', 'identity.json'), 'utf8'));
    if (typeof own !== 'object' || typeof other !== 'object' || !own || !other) throw new Error('no identities');
    const mixed = { ...own, certificate: Reflect.get(other, 'certificate') };
    await mkdir(join(thief.home, 'agent'), { recursive: true });
    await writeFile(join(thief.home, 'agent', 'identity.json'), JSON.stringify(mixed), { mode: 0o600 });
    const agent = thief.start(['agent']);
    await eventually('the theft to be noticed', () => /error|cannot|key|rejected/i.test(agent.stderr()), 20);
    const { stdout } = await fleet.far.run(['host', 'list']);
    expect(stdout).toMatch(/box-4\s+offline/);
    await agent.end('SIGKILL');
  });

  test('a revoked host is cut within a second, is told why, and exits with 78 for good', async () => {
    const box = await fleet.stranger();
    expect((await box.run(await invite('box-5'))).exitCode).toBe(0);
    const agent = box.start(['agent'], { env: { ZEDOPS_AGENT_RUNTIME: 'process' } });
    await eventually('box-5 to be online', async () =>
      /box-5\s+online/.test((await fleet.far.run(['host', 'list'])).stdout),
    );
    const begun = Date.now();
    expect((await fleet.far.run(['host', 'revoke', 'box-5', '--yes'])).exitCode).toBe(0);
    expect(await agent.exited).toBe(78);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(agent.stderr()).toMatch(/revoked/i);
    expect(await box.start(['agent'], { env: { ZEDOPS_AGENT_RUNTIME: 'process' } }).exited).toBe(78);
  });

  test('a session token does not open the door of agents, nor a certificate that of people', async () => {
    const token = await tokenOf(fleet.far);
    const { status } = await fetchUpgrade(fleet.url, '/agent', { authorization: `Bearer ${token}` });
    expect(status).not.toBe(101);
    const people = await fetchUpgrade(fleet.url, '/client', {}, join(fleet.box.home, 'agent', 'identity.json'));
    expect(people.status).toBe(401);
  });

  test('every refusal is in the audit', async () => {
    const { stdout } = await fleet.owner.run(['audit', '--limit', '200', '--json']);
    expect(stdout).toContain('FORBIDDEN');
    expect(stdout).toContain('viewer@example.org');
  });
});

async function fetchUpgrade(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  identityFile?: string,
): Promise<{ readonly status: number }> {
  const { request } = await import('node:https');
  const identity: unknown = identityFile === undefined ? {} : JSON.parse(await readFile(identityFile, 'utf8'));
  const { hostname, port } = new URL(url);
  const text = (name: string): string | undefined => {
    const value: unknown = typeof identity === 'object' && identity !== null ? Reflect.get(identity, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return new Promise((resolve, reject) => {
    const asked = request({
      hostname,
      port,
      path,
      // The door is what is tested here; that the manager is the right one is tested elsewhere.
      rejectUnauthorized: false,
      cert: text('certificate'),
      key: text('key'),
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
        ...headers,
      },
    });
    asked.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    asked.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ status: 101 });
    });
    asked.on('error', reject);
    asked.end();
  });
}
