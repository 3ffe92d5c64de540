import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { dial } from '../../platform/network/dial.ts';
import { callOperation } from '../../platform/network/pinned-https.ts';
import { closeCodes } from '../../protocol/wire.ts';
import { openAuthority } from '../trust/authority.ts';
import { keepServerCertificate } from '../trust/server-certificate.ts';
import { closed, type DoorBed, openDoorBed, wireOf } from './door-bed.ts';

let bed: DoorBed;
let held: ((reply: unknown) => void)[];
let signals: AbortSignal[];

beforeEach(async () => {
  held = [];
  signals = [];
  bed = await openDoorBed({ call });
});
afterEach(() => bed.close());

function call(subject: string, _data: unknown, { signal }: { readonly signal: AbortSignal }): Promise<unknown> {
  if (subject !== 'server.list') return Promise.resolve({ subject });
  signals.push(signal);
  return new Promise((resolve) => {
    held.push(resolve);
  });
}

/** Sends bytes and returns all that comes back until the other end closes. */
function send(socket: Socket, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    // Junk may be answered by a reset as well as by a close.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}

function openTls(options: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: bed.port, rejectUnauthorized: false, ...options });
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
}

describe('the socket of the owner', () => {
  const path = (): string => join(bed.folder, 'state', 'manager.sock');

  test('is for the owner alone, whatever the umask, and whoever opens it is the owner', async () => {
    const before = process.umask(0);
    await bed.door.listenSocket(path()).finally(() => process.umask(before));
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect((await stat(join(path(), '..'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(path(), '..'))).toEqual(['manager.sock']);
    const route = { socketPath: path() };
    await expect(callOperation(route, 'session.show', {})).resolves.toEqual({ subject: 'session.show' });
    const wire = wireOf(await dial({ path: '/client', route, clock: systemClock }));
    expect(bed.clients).toMatchObject([{ asker: { from: 'socket', identity: { actor: { kind: 'local' } } } }]);
    wire.close(1000, '');
    await expect(dial({ path: '/agent', route, clock: systemClock })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a dead manager is replaced, of a live one is not, and goes with its manager', async () => {
    await mkdir(join(path(), '..'));
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(join(path(), '..', 'old'), resolve));
    await rename(join(path(), '..', 'old'), path());
    await new Promise((resolve) => dead.close(resolve));
    await bed.door.listenSocket(path());
    const other = await openDoorBed();
    await expect(other.door.listenSocket(path())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('runs already'),
    });
    await other.close();
    await expect(callOperation({ socketPath: path() }, 'session.show', {})).resolves.toBeTruthy();
    await bed.door.close(0);
    expect(await readdir(join(path(), '..'))).toEqual([]);
  });

  test('is not put over a file, nor where its path is too long', async () => {
    await mkdir(join(path(), '..'));
    await writeFile(path(), 'precious');
    await expect(bed.door.listenSocket(path())).rejects.toMatchObject({ code: 'CONFLICT' });
    const long = join(bed.folder, 'x'.repeat(100), 'manager.sock');
    await expect(bed.door.listenSocket(long)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await chmod(path(), 0o600);
  });
});

describe('a port', () => {
  test('that is taken is named', async () => {
    const again = bed.door.listenTls({ host: '127.0.0.1', port: bed.port });
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(`:${bed.port}`) });
    await expect(bed.door.listenTls({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('closing', () => {
  test('lets calls end within the grace, and nobody in', async () => {
    const { token } = await bed.signIn();
    const goes = closed(wireOf(await bed.dial('/client', { token })));
    const agent = new Agent({ keepAlive: true });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const lasting = bed.ask({ method: 'POST', path: '/v1/server.list', headers, agent }, '{}');
    await expect.poll(() => held.length).toBe(1);
    const closing = bed.door.close(10_000);
    expect(await goes).toMatchObject({ code: closeCodes.goingAway, reason: 'the manager is stopping' });
    await expect(bed.post('session.show', {}, { token })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    held[0]?.({ done: true });
    const { status, headers: answered, text } = await lasting;
    expect([status, answered.connection, text]).toEqual([200, 'close', '{"done":true}']);
    await closing;
    expect(bed.live.count('address 127.0.0.1')).toBe(0);
  });

  test('ends what is left when the grace is over, with a word where that is possible', async () => {
    const { token } = await bed.signIn();
    const lasting = bed.post('server.list', {}, { token });
    const silent = await openTls();
    await expect.poll(() => held.length).toBe(1);
    const begun = performance.now();
    await bed.door.close(100);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await lasting).toMatchObject({ status: 503, text: expect.stringContaining('The manager is stopping') });
    expect(signals[0]?.aborted).toBe(true);
    await expect.poll(() => silent.destroyed || silent.readableEnded).toBe(true);
    silent.destroy();
    await bed.door.close(100);
  });
});

describe('a certificate that is renewed', () => {
  test('is served to who comes next, and nobody is dropped', async () => {
    await bed.close();
    const folder = await mkdtemp(join(tmpdir(), 'zedops-renewal-'));
    const clock = createFakeClock(Date.now());
    const authority = await openAuthority(folder, clock);
    const names = (): readonly string[] => ['manager.zedops.internal'];
    const certificate = await keepServerCertificate({ authority, names, clock, log: silentLog });
    bed = await openDoorBed({ authority, certificate });
    const serial = async (): Promise<string> => {
      const socket = await openTls();
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const { token } = await bed.signIn();
    const outcome = await dial({
      path: '/client',
      route: { address: { host: '127.0.0.1', port: bed.port }, authority: authority.certificate, token },
      clock: systemClock,
    });
    const before = await serial();
    expect(await serial()).toBe(before);
    clock.advance(21 * 86_400_000);
    await expect.poll(serial).not.toBe(before);
    const heard = new Promise((resolve) => {
      wireOf(outcome).listen({ frame: resolve, drained: () => undefined, closed: resolve });
    });
    wireOf(outcome).send('still here');
    await expect(heard).resolves.toBe('still here');
    await expect(openTls({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).rejects.toThrow();
    certificate.stop();
    await rm(folder, { recursive: true });
  });
});

describe('junk', () => {
  const upgradeHead = (lines: readonly string[], path = '/client'): string =>
    [`GET ${path} HTTP/1.1`, 'connection: upgrade', ...lines, '', ''].join('\r\n');

  test('before TLS ends that connection alone', async () => {
    const plain = [
      'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n',
      '\u0016\u0003\u0001\u0000\u0005hello',
      '\0'.repeat(1000),
      'SSH-2.0-x\r\n',
    ];
    for (const bytes of plain) await send(connectPlain(bed.port, '127.0.0.1'), bytes);
    expect((await bed.ask({ path: '/healthz' })).status).toBe(200);
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}`, /^HTTP\/1\.1 400 .*too long/s],
    ['two lengths', 'POST /v1/a HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'length and chunks',
      'POST /v1/a HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['a tunnel', 'CONNECT elsewhere.example:443 HTTP/1.1\r\n\r\n', /^$/],
    [
      'an upgrade to something else',
      'GET /client HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      /^HTTP\/1\.1 401 /,
    ],
    ['an upgrade elsewhere', upgradeHead(['upgrade: websocket'], '/elsewhere'), /^HTTP\/1\.1 404 /],
    ['an upgrade of a strange path', upgradeHead(['upgrade: websocket'], '/../client\\%zz'), /^HTTP\/1\.1 404 /],
    [
      'an upgrade by POST',
      'POST /client HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      /^HTTP\/1\.1 401 /,
    ],
  ])('over TLS (%s) is answered, and ends that connection alone', async (_, bytes, expected) => {
    expect(await send(await openTls(), bytes)).toMatch(expected);
    expect((await bed.ask({ path: '/healthz' })).status).toBe(200);
  });

  test('for a handshake by someone who is known is answered as what it is, and leaves nothing behind', async () => {
    const { token } = await bed.signIn();
    const authorization = `authorization: Bearer ${token}`;
    const heads = [
      [authorization, 'upgrade: websocket'],
      [authorization, 'upgrade: websocket', 'sec-websocket-key: short', 'sec-websocket-version: 13'],
      [authorization, 'upgrade: websocket', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version: 99'],
      [authorization, 'upgrade: h2c'],
    ];
    for (const lines of heads) {
      expect(await send(await openTls(), upgradeHead(lines))).toMatch(/^HTTP\/1\.1 400 .*WebSocket handshake/s);
    }
    const good = ['upgrade: websocket', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version: 13'];
    const junk = await send(await openTls(), `${upgradeHead([authorization, ...good])}\xff\xff\xff\xff\xff\xff`);
    expect(junk).toMatch(/^HTTP\/1\.1 101 /);
    await expect.poll(() => bed.live.count('address 127.0.0.1')).toBe(0);
    expect(bed.clients).toHaveLength(1);
  });

  test('that stops half-way is given up, with a word where that is possible', async () => {
    await bed.close();
    const quick = { handshakeMs: 200, headersMs: 200, requestMs: 400, idleMs: 200 };
    bed = await openDoorBed({ call, limits: quick });
    const { token } = await bed.signIn();
    const half = [
      send(connectPlain(bed.port, '127.0.0.1'), '\u0016\u0003'),
      send(await openTls(), ''),
      send(await openTls(), 'GET / HTTP/1.1\r\nx: '),
      send(
        await openTls(),
        `POST /v1/server.list HTTP/1.1\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{`,
      ),
    ];
    const [silent, nothing, header, body] = await Promise.all(half);
    expect([silent, nothing]).toEqual(['', expect.stringMatching(/^(HTTP\/1\.1 504 .*)?$/s)]);
    expect(header).toMatch(/^HTTP\/1\.1 504 .*did not come whole/s);
    expect(body).toMatch(/^(HTTP\/1\.1 504 .*)?$/s);
    expect(held).toEqual([]);
  });
});
