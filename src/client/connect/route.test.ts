import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { managerSocket, type Paths, resolvePaths } from '../../platform/files/paths.ts';
import { resolveSettings } from '../../platform/settings.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { createManagerClient } from './manager-client.ts';
import { forgetProfile, keepProfile, profilesFile, readProfiles } from './profiles.ts';
import { findRoute } from './route.ts';

let home: string;
let paths: Paths;
const uid = process.getuid?.() ?? 0;
const servers: Server[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-route-'));
  paths = resolvePaths({ env: { ZEDOPS_HOME: home }, uid });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

const profile = (name: string, port: number) => ({
  name,
  url: `https://${name}:${port}`,
  authority: 'PEM',
  token: `zs_${name}`,
  person: 'ann@example.org',
  expiresAt: '2027-01-01T00:00:00.000Z',
});

const find = (env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  findRoute({ paths, settings: resolveSettings(paths, env, flags), uid });

async function serveSocket(answer: string, status = 200): Promise<void> {
  await mkdir(paths.manager, { recursive: true });
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(managerSocket(paths), resolve));
}

describe('profiles', () => {
  test('lie in a file of mode 0600 in a folder of mode 0700, and the last one signed in to is current', async () => {
    await keepProfile(paths, profile('a', 1));
    await keepProfile(paths, profile('b', 2));
    const path = profilesFile(paths);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await readProfiles(paths)).toMatchObject({ current: 'b', profiles: [{ name: 'a' }, { name: 'b' }] });
    await forgetProfile(paths, 'b');
    expect(await readProfiles(paths)).toEqual({ profiles: [profile('a', 1)] });
  });

  test('a damaged file is named, not overwritten', async () => {
    await mkdir(paths.client, { recursive: true });
    await writeFile(profilesFile(paths), '{');
    await expect(readProfiles(paths)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(profilesFile(paths)),
    });
  });
});

describe('the way to a manager', () => {
  test('flag beats environment beats sign-in beats socket', async () => {
    expect(await find()).toBeUndefined();
    await serveSocket('{}');
    expect(await find()).toMatchObject({ name: 'this machine', route: { socketPath: managerSocket(paths) } });
    await keepProfile(paths, profile('a', 1));
    await keepProfile(paths, profile('b', 2));
    expect(await find()).toMatchObject({ profile: 'b' });
    expect(await find({ ZEDOPS_URL: 'https://a:1' })).toMatchObject({ profile: 'a', name: 'https://a:1' });
    expect(await find({ ZEDOPS_URL: 'https://a:1' }, { 'client.profile': 'b' })).toMatchObject({ profile: 'b' });
    expect(await find({ ZEDOPS_PROFILE: 'a' }, { 'client.url': 'https://b:2' })).toMatchObject({ profile: 'b' });
  });

  test('a way that is named and not there is an error with what helps', async () => {
    await keepProfile(paths, profile('alpha', 1));
    await expect(find({ ZEDOPS_PROFILE: 'alhpa' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('did you mean "alpha"'),
    });
    await expect(find({ ZEDOPS_URL: 'https://other:8443' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      hint: 'zedops login https://other:8443',
    });
    await expect(find({ ZEDOPS_URL: 'https://other:8443', ZEDOPS_TOKEN: 'zj_x' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(find({}, { 'client.url': 'https://a:1', 'client.profile': 'a' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('a file where the socket should be is not taken for one', async () => {
    await mkdir(paths.manager, { recursive: true });
    await writeFile(managerSocket(paths), '');
    await chmod(managerSocket(paths), 0o600);
    expect(await find()).toBeUndefined();
  });
});

test('calls over the socket parse the reply and bring errors back whole', async () => {
  const call = async () => {
    const found = await find();
    if (!found) throw new Error('no way');
    return createManagerClient(found, systemClock).call(serverList, {});
  };
  await serveSocket('{"servers":[]}');
  expect(await call()).toEqual({ servers: [] });
  await new Promise((resolve) => servers.pop()?.close(resolve));
  await serveSocket('{"error":{"code":"FORBIDDEN","message":"no","hint":"ask"}}', 403);
  await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'no', hint: 'ask' });
  await new Promise((resolve) => servers.pop()?.close(resolve));
  await serveSocket('{"servers":"none"}');
  await expect(call()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
