import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { type DoorBed, openDoorBed } from './door-bed.ts';
import type { Call } from './door-options.ts';

interface Asked {
  readonly subject: string;
  readonly data: unknown;
  readonly call: Call;
}

let bed: DoorBed;
let token: string;
let reply: (asked: Asked) => Promise<unknown>;

beforeAll(async () => {
  bed = await openDoorBed({
    call: (subject, data, call) => {
      return reply({ subject, data, call });
    },
  });
  ({ token } = await bed.signIn());
  reply = async ({ data }) => ({ heard: data });
});
afterEach(() => {
  reply = async ({ data }) => ({ heard: data });
});
afterAll(() => bed.close());

describe('progress in lines', () => {
  const accept = (): Record<string, string> => ({
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    accept: 'application/x-ndjson',
  });
  const lines = (text: string): unknown =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('is told as it comes, and ends with the reply', async () => {
    reply = async ({ call }) => {
      call.progress?.({ step: 1 });
      await new Promise(setImmediate);
      call.progress?.({ step: 2 });
      return { done: true };
    };
    const { status, headers, text } = await bed.ask(
      { method: 'POST', path: '/v1/server.start', headers: accept() },
      '{}',
    );
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(lines(text)).toEqual([
      { more: true, data: { step: 1 } },
      { more: true, data: { step: 2 } },
      { data: { done: true } },
    ]);
  });

  test('ends with an error where it fails on the way, and is an error where it never began', async () => {
    reply = async ({ call }) => {
      call.progress?.({ step: 1 });
      throw new ZedopsError('TIMEOUT', 'too slow');
    };
    const options = { method: 'POST', path: '/v1/server.start', headers: accept() };
    const failed = await bed.ask(options, '{}');
    expect(lines(failed.text)).toEqual([
      { more: true, data: { step: 1 } },
      { error: { code: 'TIMEOUT', message: 'too slow' } },
    ]);
    reply = () => Promise.reject(new ZedopsError('FORBIDDEN', 'no'));
    expect((await bed.ask(options, '{}')).status).toBe(403);
  });

  test('is one JSON value for an operation that has none, and for who does not ask for lines', async () => {
    reply = async ({ call }) => ({ progress: call.progress !== undefined });
    const list = await bed.ask({ method: 'POST', path: '/v1/server.list', headers: accept() }, '{}');
    expect(JSON.parse(list.text)).toEqual({ progress: false });
    expect(JSON.parse((await bed.post('server.start', {}, { token })).text)).toEqual({ progress: false });
  });
});
