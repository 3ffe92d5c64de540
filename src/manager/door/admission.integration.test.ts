import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Wire } from '../../protocol/wire.ts';
import { closed, type DoorBed, openDoorBed, wireOf } from './door-bed.ts';

let bed: DoorBed;
beforeEach(async () => {
  bed = await openDoorBed();
});
afterEach(() => bed.close());

describe('limits', () => {
  async function reopen(limits: NonNullable<Parameters<typeof openDoorBed>[0]>['limits']): Promise<void> {
    await bed.close();
    bed = await openDoorBed({ limits, call: () => new Promise(() => undefined) });
  }

  test('connections of one person and of one host', async () => {
    await reopen({ wiresPerIdentity: 2, wiresPerHost: 1 });
    const { token, personId } = await bed.signIn();
    const other = await bed.signIn();
    const first = wireOf(await bed.dial('/client', { token }));
    wireOf(await bed.dial('/client', { token: await bed.makeToken(personId, ['server:read']) }));
    await expect(bed.dial('/client', { token })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('You have 2 connections'),
    });
    wireOf(await bed.dial('/client', { token: other.token }));
    first.close(1000, '');
    await expect.poll(() => bed.live.count(`identity ${personId}`)).toBe(1);
    wireOf(await bed.dial('/client', { token }));
    const host = await bed.join('box-1');
    wireOf(await bed.dial('/agent', { identity: host }));
    await expect(bed.dial('/agent', { identity: host })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('connections that come at once do not slip through together', async () => {
    await reopen({ wiresPerIdentity: 3 });
    const { token } = await bed.signIn();
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => bed.dial('/client', { token })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(bed.clients).toHaveLength(3);
  });

  test('connections of one address, those let in and those that are not', async () => {
    await reopen({ wiresPerAddress: 2, arrivalsPerAddress: 3 });
    const wires: Wire[] = [];
    for (const _ of [1, 2]) wires.push(wireOf(await bed.dial('/client', { token: (await bed.signIn()).token })));
    const { token } = await bed.signIn();
    await expect(bed.dial('/client', { token })).rejects.toThrow('There are 2 connections from 127.0.0.1');
    // Those let in do not stand in the way of arrivals.
    const idle = [1, 2].map(() => connect(bed.port, '127.0.0.1'));
    await Promise.all(idle.map((socket) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))));
    expect((await bed.ask({ path: '/healthz' })).status).toBe(200);
    idle.push(connect(bed.port, '127.0.0.1'));
    await expect.poll(() => bed.ask({ path: '/healthz' }).catch(() => 'no room')).toBe('no room');
    for (const socket of idle) socket.destroy();
    await expect
      .poll(() =>
        bed.ask({ path: '/healthz' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  test('requests of one address under way', async () => {
    await reopen({ requestsPerAddress: 2 });
    const { token } = await bed.signIn();
    const controller = new AbortController();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': 2 };
    const lasting = [1, 2].map(() =>
      bed.ask({ method: 'POST', path: '/v1/server.list', headers, signal: controller.signal }, '{}'),
    );
    await expect.poll(() => bed.post('server.list', {}, { token: 'x' }).then(({ status }) => status)).toBe(503);
    const { headers: refused, text } = await bed.post('session.start', {});
    expect(refused['retry-after']).toBe('1');
    expect(JSON.parse(text).error).toMatchObject({ code: 'UNREACHABLE', hint: expect.any(String) });
    expect((await bed.ask({ path: '/healthz' })).status).toBe(200);
    controller.abort();
    await Promise.allSettled(lasting);
    await expect.poll(() => bed.post('server.list', {}, { token: 'x' }).then(({ status }) => status)).toBe(401);
  });

  test('bytes that one reader leaves unread', async () => {
    await reopen({ queuedBytes: 1024 * 1024 });
    const { token } = await bed.signIn();
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`wss://127.0.0.1:${bed.port}/client`, { ca: bed.authority.certificate, headers });
    await new Promise<void>((resolve) => socket.once('open', () => resolve()));
    socket.pause();
    const [client] = bed.clients;
    const text = 'x'.repeat(256 * 1024);
    for (let sent = 0; sent < 200; sent += 1) client?.wire.send(text);
    expect(client?.wire.buffered()).toBeLessThan(4 * 1024 * 1024);
    await expect(client?.closed).resolves.toMatchObject({ reason: 'too much was left unread' });
    expect(bed.live.count('address 127.0.0.1')).toBe(0);
    socket.terminate();
  });

  test('answers to pings that one end leaves unread', async () => {
    const { token } = await bed.signIn();
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`wss://127.0.0.1:${bed.port}/client`, { ca: bed.authority.certificate, headers });
    await new Promise<void>((resolve) => socket.once('open', () => resolve()));
    socket.pause();
    socket.on('error', () => undefined);
    const [client] = bed.clients;
    const ended = client?.closed.then(() => true);
    const payload = Buffer.alloc(125);
    const isOver = async (): Promise<boolean> => {
      for (let sent = 0; sent < 10_000 && socket.readyState === WebSocket.OPEN; sent += 1) socket.ping(payload);
      return (await Promise.race([ended, new Promise((resolve) => setImmediate(resolve, false))])) === true;
    };
    await expect.poll(isOver, { timeout: 10_000, interval: 10 }).toBe(true);
    await expect.poll(() => bed.live.count('address 127.0.0.1')).toBe(0);
    socket.terminate();
  });

  test('the size of a frame', async () => {
    const { token } = await bed.signIn();
    const wire = wireOf(await bed.dial('/client', { token }));
    const goes = closed(wire);
    wire.send('x'.repeat(4 * 1024 * 1024 + 1));
    expect((await goes).code).toBe(1009);
  });
});
