import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { createPacketReader, encodePacket, packetTypes } from '../../zomboid/rcon/rcon-packet.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import { createObserver, type Observer } from '../servers/observer.ts';
import { testServer } from '../servers/server-bed.ts';
import { createRconSessions, type RconSessions } from './sessions.ts';

const game = { ...testServer().game, rcon: { port: 27_015, passwordKey: 'RCON_PASSWORD' } };
const server = testServer({ game, env: { RCON_PASSWORD: 'first' } });
const running: RuntimeContainer = {
  ...{ id: 'c1', name: 'alpha', image: 'zomboid', serverId: 's1', status: 'running' },
  startedAt: '2026-01-01T00:00:00.000Z',
};

let clock: FakeClock;
let observer: Observer;
let container: RuntimeContainer | undefined;
let made: DesiredServer;
let ending: AbortController;
let sessions: RconSessions;
/** The password that the game takes. */
let password: string;
let doesAnswer: boolean;
/** Commands as they came. */
let told: string[];
let heard: (string | undefined)[];
/** Both ends of every connection that was ever made. */
let connections: { readonly ours: Duplex; readonly theirs: Duplex }[];

/** A connection to the game, through a program in its container. */
function connect(): Duplex {
  const [ours, theirs] = duplexPair();
  connections.push({ ours, theirs });
  theirs.write('zedops relay node\n');
  const reader = createPacketReader({ maxBytes: 65_536 });
  const send = (id: number, type: number, body = ''): void => void theirs.write(encodePacket({ id, type, body }));
  theirs.on('data', (piece: Buffer) => {
    for (const { id, type, body } of reader.push(piece).packets) {
      if (type === packetTypes.auth) {
        send(id, packetTypes.response);
        send(body.toString() === password ? id : -1, packetTypes.authReply);
      } else if (type === packetTypes.response) {
        for (let sent = 0; sent < 2; sent += 1) send(id, packetTypes.response);
      } else {
        told.push(body.toString());
        if (doesAnswer) send(id, packetTypes.response, `did ${body}`);
      }
    }
  });
  return ours;
}
const standing = (): number => connections.filter(({ ours }) => !ours.destroyed).length;
const hangUp = (): void => {
  for (const { theirs } of connections) theirs.end();
};
/** Has the host see the container as it is now. */
function see(change: Partial<RuntimeContainer> | undefined): void {
  container = change && { ...running, ...change };
  const shown = container && { ...container, name: 'alpha' };
  observer.note(server, { container: shown });
}
const ask = async (line: string): Promise<string> => (await sessions.command(server, line)).text;
const seen = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

beforeEach(() => {
  clock = createFakeClock(Date.parse('2026-01-01T00:01:00Z'));
  observer = createObserver(clock);
  ending = new AbortController();
  made = server;
  password = 'first';
  doesAnswer = true;
  told = [];
  heard = [];
  connections = [];
  sessions = createRconSessions({
    ...{ observer, clock, signal: ending.signal },
    containerOf: () => container,
    madeOf: () => made,
    runtime: { kind: 'docker', pipe: async () => connect() },
    onWay: (_, way) => heard.push(`way ${way}`),
    onLink: (_, state) => heard.push(state),
  });
  see({});
});
afterEach(async () => {
  see(undefined);
  await seen();
  hangUp();
  clock.advance(10_000);
  ending.abort();
  expect(clock.pending()).toBe(0);
});

describe('the sessions of a host', () => {
  test('are one for each run of a game, whoever asks', async () => {
    expect(await Promise.all([ask('players'), ask('save'), ask('players')])).toEqual([
      ...['did players', 'did save', 'did players'],
    ]);
    await sessions.ready(server);
    expect(connections).toHaveLength(1);
    expect(heard).toEqual(['way exec', 'connected']);
  });

  test('use the password that the run was made with, and a new one for the next run', async () => {
    await ask('players');
    made = { ...server, env: { RCON_PASSWORD: 'second' } };
    await ask('players');
    expect(connections).toHaveLength(1);
    password = 'second';
    see({ startedAt: '2026-01-01T00:00:30.000Z' });
    expect(await ask('players')).toBe('did players');
    expect(connections).toHaveLength(2);
    await eventually('the old one to be closed', () => standing() === 1);
  });

  test('end with the run, and say so to who still waits', async () => {
    doesAnswer = false;
    password = 'another';
    const refused = sessions.command(server, 'players');
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(heard).toEqual(['way exec', 'refused']);
    see({ status: 'exited' });
    await seen();
    await expect(ask('players')).rejects.toMatchObject({ code: 'CONFLICT', message: 'alpha is not running' });
    see(undefined);
    await expect(ask('players')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('outlive a pause, in which nothing can be asked', async () => {
    await ask('players');
    see({ status: 'paused' });
    await seen();
    await expect(ask('players')).rejects.toThrow('alpha is paused');
    see({});
    await ask('players');
    expect(connections).toHaveLength(1);
  });

  test('are closed when nobody asks for ten minutes, and opened again by the way that is known', async () => {
    await ask('players');
    clock.advance(600_000);
    await eventually('it to be closed', () => standing() === 0);
    expect(heard).toEqual(['way exec', 'connected', undefined]);
    await ask('players');
    expect(connections).toHaveLength(2);
    expect(heard).toEqual(['way exec', 'connected', undefined, 'connected']);
  });

  test('tell that a connection broke, and nothing of one whose run is over', async () => {
    await ask('players');
    clock.advance(1_000);
    hangUp();
    await eventually('it to be known', () => heard.at(-1) === undefined);
    await ask('players');
    expect(heard).toEqual(['way exec', 'connected', undefined, 'connected']);
    see({ startedAt: '2026-01-01T00:00:30.000Z' });
    await ask('players');
    await eventually('the old one to be closed', () => standing() === 1);
    expect(heard.slice(4)).toEqual(['way exec', 'connected']);
  });

  test('close as soon as nobody asks once the agent ends, and a stop is still carried out', async () => {
    await ask('players');
    ending.abort();
    expect(await ask('save')).toBe('did save');
    clock.advance(500);
    await eventually('it to be closed', () => standing() === 0);
    expect(told).toEqual(['players', 'save']);
  });

  test('refuse what no game can read, and a game without RCON', async () => {
    for (const line of ['', '  ', 'a\nb', 'x'.repeat(4_097)]) {
      await expect(ask(line)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    made = { ...server, env: {} };
    await expect(ask('players')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(sessions.ready(server)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(connections).toHaveLength(0);
  });
});
