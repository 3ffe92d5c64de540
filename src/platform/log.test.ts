import { expect, test } from 'vitest';
import { ZedopsError } from '../protocol/errors.ts';
import { createLog, type LogLevel, logLevels, silentLog } from './log.ts';

const canary = 'canary-7f3a9c';

function collect(level: LogLevel) {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return { log, text: () => lines.join(''), rows: (): unknown[] => lines.map((line) => JSON.parse(line)) };
}

test('writes one JSON line each, with level, time and the fields of the log it belongs to', () => {
  const { log, rows } = collect('debug');
  log.with({ room: 'agent' }).with({ host: 'box-1' }).info({ server: 'alpha' }, 'asked');
  expect(rows()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      room: 'agent',
      host: 'box-1',
      server: 'alpha',
      msg: 'asked',
    },
  ]);
});

test.each([
  ['trace', 4],
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
  ['silent', 0],
] as const)('at level %s it writes %i of four levels', (level, count) => {
  expect(logLevels).toContain(level);
  const { log, rows } = collect(level);
  for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]({}, name);
  expect(rows()).toHaveLength(count);
});

test.each(['password', 'token', 'code', 'secret', 'authorization', 'env', 'privateKey'])(
  'masks a field named %s',
  (name) => {
    const { log, text } = collect('info');
    log.info({ [name]: canary }, 'x');
    log.with({ [name]: canary }).info({}, 'y');
    expect(text()).not.toContain(canary);
    expect(text()).toContain('"set"');
  },
);

test('tells an error’s kind, code, words, stack and causes', () => {
  const { log, rows } = collect('info');
  const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  log.error({ error: new ZedopsError('UNREACHABLE', 'The engine does not answer', { cause }) }, 'failed');
  expect(rows()[0]).toMatchObject({
    err: {
      type: 'ZedopsError',
      errorCode: 'UNREACHABLE',
      message: 'The engine does not answer',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'Error', errorCode: 'ECONNREFUSED', message: 'connect refused' },
    },
  });
});

test('tells nothing of what a library hung on an error', () => {
  const { log, text } = collect('trace');
  const hung = {
    config: { headers: { authorization: canary } },
    options: { env: { RCON_PASSWORD: canary } },
    json: canary,
    env: [canary],
    password: canary,
  };
  const inner = Object.assign(new Error('inner'), hung);
  const outer = Object.assign(new Error('outer', { cause: inner }), hung);
  log.error({ error: outer }, 'failed');
  log.warn({ error: Object.assign(new AggregateError([inner], 'all'), hung) }, 'failed');
  log.with({ host: 'box-1' }).error({ error: outer, server: 'alpha' }, 'failed');
  expect(text()).toContain('inner');
  expect(text()).not.toContain(canary);
});

test('comes to an end with an error that is its own cause', () => {
  const { log, rows } = collect('info');
  const error = new Error('round');
  error.cause = error;
  log.error({ error }, 'failed');
  expect(rows()).toHaveLength(1);
});

test('the silent log takes everything and keeps nothing', () => {
  expect(() => silentLog.with({ a: 1 }).error({ error: new Error('x') }, 'x')).not.toThrow();
});
