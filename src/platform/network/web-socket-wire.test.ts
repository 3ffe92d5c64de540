import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { systemPing } from '../../protocol/operations/system.ts';
import { createPeer } from '../../protocol/peer.ts';
import type { CloseReason, SharedFrame, Wire } from '../../protocol/wire.ts';
import { systemClock } from '../clock.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createWebSocketWire, type WebSocketLike } from './web-socket-wire.ts';

/** A socket that does nothing by itself: the test says what its other end does. */
function createFakeSocket() {
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const calls: string[] = [];
  const sent: (() => void)[] = [];
  const state = { bufferedAmount: 0 };
  const socket: WebSocketLike = {
    get bufferedAmount() {
      return state.bufferedAmount;
    },
    readyState: 1,
    send(data, _options, done) {
      calls.push(`send ${data}`);
      sent.push(done);
    },
    close: (code, reason) => void calls.push(`close ${code} ${reason}`),
    terminate: () => void calls.push('terminate'),
    ping: () => void calls.push('ping'),
    on: (event: string, listener: (...args: never[]) => void) =>
      listeners.set(event, (...args) => Reflect.apply(listener, undefined, args)),
  };
  const emit = (event: string, ...args: unknown[]): void => listeners.get(event)?.(...args);
  return { socket, state, calls, sent, emit };
}

function start(heartbeatMs?: number) {
  const clock = createFakeClock(0);
  const fake = createFakeSocket();
  const wire = createWebSocketWire(fake.socket, { clock, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) });
  return { clock, wire, ...fake };
}

function listen(wire: Wire) {
  const seen: { frames: string[]; closed: CloseReason[]; drained: number } = { frames: [], closed: [], drained: 0 };
  wire.listen({
    frame: (text) => void seen.frames.push(text),
    drained: () => {
      seen.drained += 1;
    },
    closed: (reason) => void seen.closed.push(reason),
  });
  return seen;
}

describe('heartbeat', () => {
  test('pings every 15 s for as long as pongs come', () => {
    const { clock, wire, calls, emit } = start();
    const seen = listen(wire);
    for (let beat = 0; beat < 10; beat += 1) {
      clock.advance(15_000);
      emit('pong');
    }
    expect(calls).toEqual(new Array(10).fill('ping'));
    expect(seen.closed).toEqual([]);
  });

  test('ends a half-open connection after two unanswered pings, once, and leaves no timer', () => {
    const { clock, wire, calls, emit } = start();
    const seen = listen(wire);
    clock.advance(44_999);
    expect(seen.closed).toEqual([]);
    clock.advance(1);
    expect(seen.closed).toEqual([{ code: 4408, reason: 'two heartbeats were not answered' }]);
    expect(calls).toEqual(['ping', 'ping', 'terminate']);
    emit('close', 1006, Buffer.alloc(0));
    expect(seen.closed).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  test('takes any message for an answer', () => {
    const { clock, wire, emit } = start(1000);
    const seen = listen(wire);
    for (let beat = 0; beat < 10; beat += 1) {
      clock.advance(1000);
      emit('message', Buffer.from('{}'), false);
    }
    expect(seen.closed).toEqual([]);
  });
});

describe('closing', () => {
  test('waits two seconds for the other end, then ends without it', () => {
    const { clock, wire, calls, emit } = start();
    const seen = listen(wire);
    wire.close(1001, 'going');
    wire.close(1000, 'again');
    wire.send('after the close');
    emit('message', Buffer.from('{}'), false);
    expect(calls).toEqual(['close 1001 going']);
    clock.advance(2_000);
    expect(calls).toEqual(['close 1001 going', 'terminate']);
    emit('close', 1006, Buffer.alloc(0));
    expect(seen).toMatchObject({ frames: [], closed: [{ code: 1001, reason: 'going' }] });
    expect(clock.pending()).toBe(0);
  });

  test('takes its timers back when the other end answers in time', () => {
    const { clock, wire, calls, emit } = start();
    const seen = listen(wire);
    wire.close(1000, 'done');
    emit('close', 1000, Buffer.from('done'));
    expect(clock.pending()).toBe(0);
    clock.advance(60_000);
    expect(calls).toEqual(['close 1000 done']);
    expect(seen.closed).toEqual([{ code: 1000, reason: 'done' }]);
  });

  test('cuts a reason to what a close frame may hold, between characters', () => {
    const { wire, calls } = start();
    wire.close(4400, 'ž'.repeat(200));
    const reason = calls[0]?.replace('close 4400 ', '') ?? '';
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(reason).toMatch(/^ž+$/);
  });

  test('passes on the other end’s reason, also to who listens later, after the frames that came before', () => {
    const { wire, emit } = start();
    emit('message', Buffer.from('last words'), false);
    emit('close', 4403, Buffer.from('revoked'));
    expect(listen(wire)).toMatchObject({ frames: ['last words'], closed: [{ code: 4403, reason: 'revoked' }] });
  });

  test('survives an error of the socket and waits for its close', () => {
    const { wire, emit } = start();
    const seen = listen(wire);
    emit('error', new Error('ECONNRESET'));
    expect(seen.closed).toEqual([]);
    emit('close', 1006, Buffer.alloc(0));
    expect(seen.closed).toEqual([{ code: 1006, reason: '' }]);
  });
});

test('refuses binary frames', () => {
  const { wire, calls, emit } = start();
  const seen = listen(wire);
  emit('message', Buffer.from('{}'), true);
  emit('message', Buffer.from('{}'), false);
  expect(calls).toEqual(['close 4400 frames are text']);
  expect(seen.frames).toEqual([]);
});

describe('what has not left yet', () => {
  test('is counted, and the end of it told, however little it was', () => {
    const { wire, state, sent } = start();
    const seen = listen(wire);
    state.bufferedAmount = 10;
    wire.send('a little');
    expect(wire.buffered()).toBe(10);
    state.bufferedAmount = 0;
    sent.shift()?.();
    expect(seen.drained).toBe(1);
  });

  test('is told to be gone only once little of it is left', () => {
    const { wire, state, sent } = start();
    const seen = listen(wire);
    state.bufferedAmount = 1_000_000;
    wire.send('much');
    wire.send('more');
    sent.shift()?.();
    expect(seen.drained).toBe(0);
    state.bufferedAmount = 64 * 1024;
    sent.shift()?.();
    expect(seen.drained).toBe(1);
  });
});

describe('over real sockets', () => {
  let server: WebSocketServer;
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  const connect = async () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const accepted = once(server, 'connection');
    const near = new WebSocket(`ws://127.0.0.1:${address.port}`);
    await once(near, 'open');
    const [far, request]: unknown[] = await accepted;
    if (!(far instanceof WebSocket) || !(request instanceof IncomingMessage)) throw new Error('no socket');
    return { near, far, raw: request.socket };
  };

  test('frames for many arrive whole on each wire and in order with those for one, however long they are', async () => {
    const shared: SharedFrame[] = [0, 1, 125, 126, 65_535, 65_536, 200_000].map((length) => ({
      payload: Buffer.from('ž'.repeat(length / 2) + 'x'.repeat(length % 2)),
    }));
    const ends = [await connect(), await connect()];
    const heard = ends.map(({ near }) => listen(createWebSocketWire(near, { clock: systemClock })));
    const wires = ends.map(({ far, raw }) => createWebSocketWire(far, { clock: systemClock, raw }));
    for (const wire of wires) listen(wire);
    for (const wire of wires) {
      for (const frame of shared) {
        wire.send(`before ${frame.payload.length}`);
        wire.send(frame);
      }
      wire.send('end');
    }
    await eventually('all to arrive', () => heard.every(({ frames }) => frames.at(-1) === 'end'), 10);
    const expected = shared.flatMap(({ payload }) => [`before ${payload.length}`, payload.toString('utf8')]);
    for (const { frames } of heard) expect(frames).toEqual([...expected, 'end']);
    const [wire] = wires;
    wire?.close(1000, 'done');
    for (const frame of shared) wire?.send(frame);
    await eventually('the close', () => heard[0]?.closed.length === 1, 10);
    expect(heard[0]?.closed).toEqual([{ code: 1000, reason: 'done' }]);
    for (const { near } of ends) near.terminate();
  });

  test('carries requests both ways and ends both ends with the reason', async () => {
    const { near, far } = await connect();
    const serve = async () => ({ clock: '2026-01-01T00:00:00Z' });
    const left = createPeer({ wire: createWebSocketWire(near, { clock: systemClock }), serve });
    const right = createPeer({ wire: createWebSocketWire(far, { clock: systemClock }), serve });
    await Promise.all([...Array(50)].flatMap(() => [left.request(systemPing, {}), right.request(systemPing, {})]));
    left.close(1001, 'bye');
    expect(await right.closed).toEqual({ code: 1001, reason: 'bye' });
    expect(await left.closed).toEqual({ code: 1001, reason: 'bye' });
    expect([left.pending(), right.pending()]).toEqual([
      { asked: 0, served: 0 },
      { asked: 0, served: 0 },
    ]);
  });

  test('junk from a real socket closes it, and requests under way fail', async () => {
    const { near, far } = await connect();
    const peer = createPeer({
      wire: createWebSocketWire(near, { clock: systemClock }),
      serve: async () => undefined,
    });
    const asked = peer.request(systemPing, {});
    far.send('{"subject":');
    await expect(asked).rejects.toBeInstanceOf(ZedopsError);
    expect(await peer.closed).toMatchObject({ code: 4400 });
  });
});
