import { request as httpRequest } from 'node:http';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { callOperation, fetchPinnedAuthority } from '../../platform/network/pinned-https.ts';
import { ErrorCode, errorCodes, ZedopsError } from '../../protocol/errors.ts';
import { type DoorBed, openDoorBed } from './door-bed.ts';
import type { Call } from './door-options.ts';

interface Asked {
  readonly subject: string;
  readonly data: unknown;
  readonly call: Call;
}

let bed: DoorBed;
let token: string;
let asked: Asked[] = [];
let reply: (asked: Asked) => Promise<unknown>;

beforeAll(async () => {
  bed = await openDoorBed({
    call: (subject, data, call) => {
      asked.push({ subject, data, call });
      return reply({ subject, data, call });
    },
  });
  ({ token } = await bed.signIn());
  reply = async ({ data }) => ({ heard: data });
});
afterEach(() => {
  asked = [];
  reply = async ({ data }) => ({ heard: data });
});
afterAll(() => bed.close());

function errorOf(text: string): unknown {
  return JSON.parse(text).error;
}

function postRaw(headers: Record<string, string>, body: string | Buffer) {
  return bed.ask({ method: 'POST', path: '/v1/server.list', headers }, body);
}

describe('pages for anyone', () => {
  test('healthz tells how the manager is', async () => {
    const { status, headers, text } = await bed.ask({ path: '/healthz' });
    expect([status, JSON.parse(text)]).toEqual([200, { status: 'ok' }]);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(Object.keys(headers).filter((name) => /^(set-cookie|access-control-|server$|x-powered)/.test(name))).toEqual(
      [],
    );
  });

  test('the authority can be fetched and pinned by its fingerprint', async () => {
    const address = { host: '127.0.0.1', port: bed.port };
    await expect(fetchPinnedAuthority(address, bed.authority.fingerprint)).resolves.toBe(bed.authority.certificate);
    await expect(fetchPinnedAuthority(address, `SHA256:${'A'.repeat(43)}`)).rejects.toThrow('another manager');
  });

  test('the OpenAPI document lists the operations of people', async () => {
    const { status, text } = await bed.ask({ path: '/openapi.json' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      openapi: '3.1.0',
      paths: { '/v1/server.list': {}, '/v1/session.start': {} },
    });
  });

  test.each([
    ['GET', '/'],
    ['GET', '/v1/server.list'],
    ['DELETE', '/healthz'],
    ['POST', '/v1/'],
    ['POST', '/v1/a/b'],
    ['OPTIONS', '/v1/server.list'],
    ['GET', '/v1/../healthz/x'],
    ['GET', '/%00'],
    ['GET', '/\\evil'],
    ['GET', 'https://elsewhere.example/healthz/x'],
    ['GET', '//elsewhere.example/'],
  ])('%s %s is nothing', async (method, path) => {
    const { status, text } = await bed.ask({ method, path });
    expect([status, errorOf(text)]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  });

  test('the Host header changes nothing', async () => {
    for (const host of ['elsewhere.example', '', '[::', 'a b', '127.0.0.1:99999']) {
      expect((await bed.ask({ path: '/healthz', headers: { host } })).status).toBe(200);
    }
  });
});

describe('a call', () => {
  test('reaches the gateway with who asks, from where, and the id it came with', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` };
    const {
      status,
      headers: answered,
      text,
    } = await postRaw({ ...headers, 'zedops-request-id': 'my-id_1' }, '{"a":"ü"}');
    expect([status, JSON.parse(text)]).toEqual([200, { heard: { a: 'ü' } }]);
    expect(answered['zedops-request-id']).toBe('my-id_1');
    expect(asked).toMatchObject([
      {
        subject: 'server.list',
        call: { id: 'my-id_1', asker: { from: '127.0.0.1', identity: { actor: { kind: 'person' } } } },
      },
    ]);
  });

  test('gets an id of its own where it came with none, or with none that can be', async () => {
    for (const id of ['', 'has space', 'x'.repeat(65), 'ä']) {
      const { headers } = await bed.ask({
        path: '/openapi.json',
        headers: id === '' ? {} : { 'zedops-request-id': encodeURI(id) },
      });
      expect(headers['zedops-request-id']).toMatch(/^[0-9a-z]{24}$/);
    }
  });

  test('that works for the client is the one callOperation makes', async () => {
    const route = { address: { host: '127.0.0.1', port: bed.port }, authority: bed.authority.certificate, token };
    await expect(callOperation(route, 'server.list', { x: 1 })).resolves.toEqual({ heard: { x: 1 } });
    reply = () => Promise.reject(new ZedopsError('CONFLICT', 'alpha is there', { hint: 'zedops server show alpha' }));
    await expect(callOperation(route, 'server.list', {})).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: 'zedops server show alpha',
    });
  });

  test.each(ErrorCode.options)('that fails with %s has the status of the table', async (code) => {
    reply = () => Promise.reject(new ZedopsError(code, 'so it is', { hint: 'do that' }));
    const { status, text } = await bed.post('server.list', {}, { token });
    expect(status).toBe(errorCodes[code].http);
    expect(errorOf(text)).toEqual({ code, message: 'so it is', hint: 'do that' });
  });

  test.each([new Error('the password is hunter2'), 'a text', undefined])(
    'that hits a bug (%o) tells its id and no more',
    async (bug) => {
      reply = () => Promise.reject(bug);
      const { status, headers, text } = await bed.post('server.list', {}, { token });
      expect(status).toBe(500);
      expect(text).not.toContain('hunter2');
      expect(text).toContain(String(headers['zedops-request-id']));
    },
  );

  test('whose reply cannot be written down is a bug, too', async () => {
    reply = async () => ({ n: 1n });
    expect((await bed.post('server.list', {}, { token })).status).toBe(500);
  });

  test.each([
    ['no JSON', { 'content-type': 'application/json' }, '{'],
    ['nothing', { 'content-type': 'application/json' }, ''],
    ['broken UTF-8', { 'content-type': 'application/json' }, Buffer.from([0x22, 0xff, 0x22])],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1'],
    ['text', { 'content-type': 'text/plain' }, '{}'],
    ['JSON of another kind', { 'content-type': 'application/jsonp' }, '{}'],
    ['another character set', { 'content-type': 'application/json; charset=latin1' }, '{}'],
    ['compressed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}'],
    ['untyped', {}, '{}'],
    ['longer than 4 MiB', { 'content-type': 'application/json' }, `"${'x'.repeat(4 * 1024 * 1024)}"`],
  ])('with a body that is %s is refused before the gateway', async (_, headers, body) => {
    const { status, text } = await postRaw({ ...headers, authorization: `Bearer ${token}` }, body);
    expect([status, errorOf(text)]).toMatchObject([400, { code: 'INVALID_INPUT' }]);
    expect(asked).toEqual([]);
  });

  test('with a body in pieces that grows too long is refused as well', async () => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'transfer-encoding': 'chunked',
    };
    const { status } = await postRaw(headers, `"${'x'.repeat(4 * 1024 * 1024)}"`);
    expect(status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('with a body of nearly 4 MiB is taken, and one nested 100,000 deep is not', async () => {
    reply = async () => 'fine';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    expect(await postRaw(headers, `"${'x'.repeat(4 * 1024 * 1024 - 2)}"`)).toMatchObject({ status: 200 });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await postRaw(headers, deep)).toMatchObject({ status: 400 });
  });

  test('is cancelled when whoever asked is gone', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    reply = ({ call }) => {
      call.signal.addEventListener('abort', () => resolve(call.signal.reason));
      begin();
      return new Promise(() => undefined);
    };
    const controller = new AbortController();
    const gone = bed.ask(
      {
        method: 'POST',
        path: '/v1/server.list',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': '2' },
        signal: controller.signal,
      },
      '{}',
    );
    await begun;
    controller.abort();
    await expect(gone).rejects.toThrow();
    await expect(promise).resolves.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the listener', () => {
  test('speaks TLS 1.3 alone', async () => {
    const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          port: bed.port,
          rejectUnauthorized: false,
          minVersion: 'TLSv1.2',
          maxVersion,
        });
        socket.once('error', reject);
        socket.once('secureConnect', () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        });
      });
    await expect(handshake('TLSv1.2')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    await expect(handshake('TLSv1.3')).resolves.toBe('TLSv1.3');
  });

  test('does not speak HTTP without TLS', async () => {
    const plain = new Promise((_, reject) => {
      httpRequest({ host: '127.0.0.1', port: bed.port, path: '/healthz' }).once('error', reject).end();
    });
    await expect(plain).rejects.toThrow();
    expect((await bed.ask({ path: '/healthz' })).status).toBe(200);
  });
});
