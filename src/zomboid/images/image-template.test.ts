import { describe, expect, test } from 'vitest';
import {
  checkEnv,
  completeEnv,
  gameBuild,
  gameFacts,
  type ImageTemplate,
  imageReference,
  limitsFor,
  processCommand,
  secretKeys,
} from './image-template.ts';
import { parseImageTemplate } from './read-image-template.ts';

const imageText = `
title: An image
registry: localhost:5000/zomboid
tag: latest
build: { env: BRANCH, values: { public: 42, legacy41: 41 }, tags: { b41: 41 } }
volumes: { bin: /game, data: /data }
ports:
  - { name: game, env: PORT, port: 16261 }
  - { name: direct, env: DIRECT, port: 16262 }
rcon: { env: RCON_PORT, port: 27015, password: RCON_PASSWORD }
world: { env: NAME }
memory: { env: HEAP, unit: java, headroomMb: 3072 }
owner: { uidEnv: UID, gid: 1000 }
stopSeconds: 90
runtimes: [docker, process]
process: { command: ['{zedops}', simulate], env: { DATA: '{data}' } }
`;

const envText = `NAME=
# @kind secret @required
ADMIN_PASSWORD=
# @kind port
PORT=16261
# @kind port
DIRECT=16262
# @kind port @choices 0
RCON_PORT=27015
# @kind secret
RCON_PASSWORD=
HEAP=4g
# BRANCH=public
# UID=1000
# @kind boolean
# OPEN=true
# MESSAGE=
`;

const template = read(imageText, envText);
const good = { ADMIN_PASSWORD: 'hunter2' };
const completion = { serverName: 'alpha', makeSecret: () => 'made' };

function read(image: string, env: string): ImageTemplate {
  const parsed = parseImageTemplate('mine', image, env);
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
  return parsed.template;
}

function faultsOf(env: Record<string, string>, near?: string): string[] {
  return checkEnv(template, env, () => near).map(({ key, message }) => `${key}: ${message}`);
}

describe('checking', () => {
  test('a good env has no faults', () => {
    expect(faultsOf({ ...good, PORT: '16271', DIRECT: '16272', RCON_PORT: '0', OPEN: '', MESSAGE: '' })).toEqual([]);
  });

  test.each([
    ['a missing key', {}, 'ADMIN_PASSWORD: ADMIN_PASSWORD is missing, and the image needs it'],
    ['an empty key', { ADMIN_PASSWORD: '' }, 'ADMIN_PASSWORD: ADMIN_PASSWORD is empty, and the image needs it'],
    ['an unknown key', { ...good, PROT: '1' }, 'PROT: PROT is no setting of the image mine; did you mean "PORT"?'],
    ['letter case', { ...good, port: '16261' }, 'port: port must be written PORT: letter case counts'],
    ['a bad port', { ...good, PORT: '80' }, 'PORT: PORT is not a port from 1024 to 65535'],
    ['a bad boolean', { ...good, OPEN: 'yes' }, 'OPEN: OPEN is neither true nor false'],
    ['a bad heap', { ...good, HEAP: '4 GB' }, 'HEAP: HEAP is not a size such as 4096m or 4g'],
    ['a bad world name', { ...good, NAME: 'my world' }, 'NAME: NAME is not 1 to 64 letters, digits, _ and -'],
    ['a bad user id', { ...good, UID: 'steam' }, 'UID: UID is not a number from 0 to 65534'],
    ['a port twice', { ...good, PORT: '16270', DIRECT: '16270' }, 'DIRECT: DIRECT and PORT are the same port'],
    ['a port that is another’s default', { ...good, PORT: '16262' }, 'PORT: DIRECT and PORT are the same port'],
    ['a line break', { ...good, MESSAGE: 'a\nAdmin=me' }, 'MESSAGE: MESSAGE has a line break'],
  ])('%s', (_, env, expected) => {
    const faults = faultsOf(env, 'PORT');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(expected);
  });

  test('TCP and UDP share no ports', () => {
    expect(faultsOf({ ...good, RCON_PORT: '16261' })).toEqual([]);
  });

  test('no value is told', () => {
    const env = {
      ADMIN_PASSWORD: 'hunter2\n',
      PORT: 'hunter2',
      OPEN: 'hunter2',
      HEAP: 'hunter2',
      NAME: 'hunter2!',
      X: 'hunter2',
    };
    expect(faultsOf(env)).toHaveLength(6);
    expect(faultsOf(env).join()).not.toContain('hunter2');
  });
});

describe('completing', () => {
  test('defaults, name and RCON password are filled in; what the image decides is not', () => {
    expect(completeEnv(template, good, completion)).toEqual({
      ...{ NAME: 'alpha', ADMIN_PASSWORD: 'hunter2', PORT: '16261', DIRECT: '16262', HEAP: '4g' },
      ...{ RCON_PORT: '27015', RCON_PASSWORD: 'made' },
    });
  });

  test('what someone wrote stays, and empty means unset where a text cannot be meant', () => {
    const env = { ...good, NAME: 'world', PORT: '', OPEN: '', MESSAGE: '', RCON_PASSWORD: 'mine', EXTRA: 'x' };
    expect(completeEnv(template, env, completion)).toMatchObject({
      ...{ NAME: 'world', PORT: '16261', MESSAGE: '', RCON_PASSWORD: 'mine', EXTRA: 'x' },
    });
    expect(completeEnv(template, env, completion)).not.toHaveProperty('OPEN');
  });

  test('where RCON is off it gets no password', () => {
    expect(completeEnv(template, { ...good, RCON_PORT: '0' }, completion)).not.toHaveProperty('RCON_PASSWORD');
  });

  test('completing twice changes nothing', () => {
    const once = completeEnv(template, good, completion);
    expect(completeEnv(template, once, { serverName: 'beta', makeSecret: () => 'other' })).toEqual(once);
  });
});

describe('facts', () => {
  test('come from the env', () => {
    const env = completeEnv(template, { ...good, PORT: '16271', UID: '1430' }, completion);
    expect(gameFacts(template, env, 'alpha')).toEqual({
      worldName: 'alpha',
      ports: [
        { name: 'game', port: 16271, protocol: 'udp' },
        { name: 'direct', port: 16262, protocol: 'udp' },
      ],
      rcon: { port: 27015, passwordKey: 'RCON_PASSWORD' },
      volumes: [
        { folder: 'bin', path: '/game' },
        { folder: 'data', path: '/data' },
      ],
      owner: { uid: 1430, gid: 1000 },
      stopSeconds: 90,
    });
  });

  test('what is not known is absent', () => {
    const facts = gameFacts(template, completeEnv(template, { ...good, RCON_PORT: '0' }, completion), 'alpha');
    expect(facts).not.toHaveProperty('rcon');
    expect(facts).not.toHaveProperty('owner');
  });

  test('an env nobody checked is refused rather than guessed at', () => {
    expect(() => gameFacts(template, { PORT: 'x' }, 'alpha')).toThrow('PORT is not a number up to 65535');
  });

  test('memory is the heap and what goes on top, unless someone says', () => {
    expect(limitsFor(template, {}, {})).toEqual({ memoryMb: 4096 + 3072 });
    expect(limitsFor(template, { HEAP: '2048m' }, { cpus: 2 })).toEqual({ memoryMb: 2048 + 3072, cpus: 2 });
    expect(limitsFor(template, { HEAP: '2g' }, { memoryMb: 512 })).toEqual({ memoryMb: 512 });
  });

  test('the build is known from env or tag', () => {
    expect(gameBuild(template, { BRANCH: 'legacy41' })).toBe(41);
    expect(gameBuild(template, { BRANCH: 'public' })).toBe(42);
    expect(gameBuild(template, { BRANCH: 'constructor' })).toBeUndefined();
    expect(gameBuild(template, {}, 'b41')).toBe(41);
    expect(gameBuild(template, {})).toBeUndefined();
  });

  test('references have a tag that is one', () => {
    expect(imageReference(template.image)).toEqual({ reference: 'localhost:5000/zomboid:latest' });
    expect(imageReference(template.image, '42.21')).toEqual({ reference: 'localhost:5000/zomboid:42.21' });
    for (const tag of ['', 'a b', 'x@sha256:0', '../x', 'x'.repeat(129)]) {
      expect(imageReference(template.image, tag)).toHaveProperty('fault');
    }
  });

  test('secrets are those the template says and those that sound like it', () => {
    expect(secretKeys(template, { DISCORD_TOKEN: '', mywebhook: '', PORT: '' }).toSorted()).toEqual([
      'ADMIN_PASSWORD',
      'DISCORD_TOKEN',
      'RCON_PASSWORD',
      'mywebhook',
    ]);
  });

  test('a process is run as the image says', () => {
    expect(processCommand(template.image)).toEqual({ command: ['{zedops}', 'simulate'], env: { DATA: '{data}' } });
    expect(processCommand({ ...template.image, runtimes: ['docker'] })).toBeUndefined();
  });
});

describe('the two texts of a template must agree', () => {
  test.each([
    ['a key that is not there', imageText.replace('env: NAME', 'env: SERVER'), envText, 'world.env: SERVER is not in'],
    ['a default that is not the port', imageText, envText.replace('=16262', '=16270'), 'DIRECT is 16262, but not in'],
    ['an open password', imageText, envText.replace('secret\nRCON', 'text\nRCON'), 'RCON_PASSWORD is a password, but'],
    ['a default that does not fit', imageText, envText.replace('HEAP=4g', 'HEAP=4 g'), 'the default of HEAP is not a'],
    ['faults of the template', imageText, `${envText}x`, '.env.template:18:1: this line has no "="'],
    ['faults of the image', `${imageText}x: 1`, envText, 'image.yaml: '],
  ])('%s', (_, image, env, expected) => {
    expect(parseImageTemplate('mine', image, env)).toEqual({ faults: [expect.stringContaining(expected)] });
  });
});
