import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolvePaths } from './files/paths.ts';
import { resolveSettings, settingsFile } from './settings.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-settings-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const paths = () => resolvePaths({ env: { ZEDOPS_HOME: home }, uid: 1000 });
const resolve = (env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  resolveSettings(paths(), env, flags);

async function writeSettings(content: string): Promise<void> {
  await mkdir(paths().config, { recursive: true });
  await writeFile(settingsFile(paths()), content);
}

test('flag beats environment beats file beats default, and each value says where it is from', async () => {
  const origin = (env: Record<string, string>, flags: Record<string, string>) => {
    const setting = resolve(env, flags)
      .all()
      .find(({ name }) => name === 'log.level');
    return `${setting?.value} ${setting?.origin}`;
  };
  expect(origin({}, {})).toBe('info default');
  await writeSettings('{"log.level":"warn"}');
  expect(origin({}, {})).toBe('warn file');
  expect(origin({ ZEDOPS_LOG_LEVEL: 'error' }, {})).toBe('error env');
  expect(origin({ ZEDOPS_LOG_LEVEL: 'error' }, { 'log.level': 'debug' })).toBe('debug flag');
  expect(origin({ ZEDOPS_LOG_LEVEL: '' }, {})).toBe('warn file');
});

test('there need not be a file, and every setting has a sentence and an environment name of its own', () => {
  const all = resolve().all();
  expect(new Set(all.map(({ env }) => env)).size).toBe(all.length);
  for (const { env, help } of all) {
    expect(env).toMatch(/^ZEDOPS_[A-Z_]+$/);
    expect(help.length).toBeGreaterThan(10);
  }
});

test('find gives nothing for what is unset, get says that it is', () => {
  expect(resolve().find('client.url')).toBeUndefined();
  expect(() => resolve().get('client.url')).toThrow('client.url has no value');
  expect(resolve().get('agent.dataRoot')).toBe(join(home, 'servers'));
});

test('the token is marked as one not to show', () => {
  const secrets = resolve({ ZEDOPS_TOKEN: 'zt_x' })
    .all()
    .filter(({ secret }) => secret);
  expect(secrets.map(({ name }) => name)).toEqual(['client.token']);
});

describe('what is wrong is said with its name, its place and what is near', () => {
  test.each<[Record<string, string>, Record<string, string>, string]>([
    [{}, { 'log.levle': 'info' }, '--setting: there is no setting "log.levle"; did you mean "log.level"?'],
    [
      { ZEDOPS_LOG_LEVLE: 'x' },
      {},
      'ZEDOPS_LOG_LEVLE is set, but there is no such setting; did you mean "ZEDOPS_LOG_LEVEL"?',
    ],
    [{ ZEDOPS_LOG_LEVEL: 'wran' }, {}, 'ZEDOPS_LOG_LEVEL: "wran" is none of'],
    [{}, { 'manager.listen': 'nowhere' }, '--setting manager.listen: "nowhere" is not <address>:<port> or :<port>'],
    [{}, { 'manager.listen': ':70000' }, '":70000" is not'],
    [{}, { 'manager.url': 'http://x' }, 'is not wss://<host>:<port>'],
    [{}, { 'client.url': 'http://x' }, 'is not https://<host>:<port>'],
    [{}, { 'agent.dataRoot': 'relative' }, 'is not an absolute path'],
    [{}, { 'agent.runtime': 'podman' }, 'is none of auto, docker, process'],
    [{}, { constructor: 'x' }, 'there is no setting "constructor"'],
    [{}, JSON.parse('{"__proto__":"x"}'), 'there is no setting "__proto__"'],
  ])('%j %j', (env, flags, message) => {
    expect(() => resolve(env, flags)).toThrow(message);
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['{"log.level":{}}', 'log.level in'],
    ['{"log.levle":"info"}', 'did you mean "log.level"?'],
    ['{"log.level":"loud"}', 'log.level in'],
  ])('file %s', async (content, message) => {
    await writeSettings(content);
    expect(() => resolve()).toThrow(message);
    expect(() => resolve()).toThrow(settingsFile(paths()));
  });

  test('a file that cannot be read', async () => {
    await mkdir(settingsFile(paths()), { recursive: true });
    expect(() => resolve()).toThrow('cannot be read');
  });
});
