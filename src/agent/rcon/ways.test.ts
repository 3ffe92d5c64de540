import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import type { RconWay } from '../../protocol/entities/rcon-link.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createRconWays } from './ways.ts';

const quiet = new AbortController().signal;
const published = { inside: 27_015, host: '127.0.0.1', port: 31_000 };
const unreachable = (host: string, code: string): ZedopsError =>
  new ZedopsError('UNREACHABLE', `${host}: ${code}`, { cause: Object.assign(new Error(code), { code }) });

interface Options {
  readonly known?: RconWay;
  readonly code?: string;
  readonly saysListening?: boolean;
}

/** Ways of which those in `open` lead somewhere. */
function ways(open: readonly string[], { known, code = 'EHOSTUNREACH', saysListening = false }: Options = {}) {
  const tried: string[] = [];
  const told: (RconWay | undefined)[] = [];
  const clock = createFakeClock(0);
  const enter = async (way: string): Promise<PassThrough> => {
    tried.push(way);
    if (!open.includes(way)) throw unreachable(way, code);
    const stream = new PassThrough();
    stream.write('zedops relay bash\n');
    return stream;
  };
  const { dial, answered } = createRconWays({
    runtime: { kind: 'docker', pipe: () => enter('exec') },
    clock,
    container: { id: 'c1', address: '172.18.0.2', loopbackPorts: [{ ...published, inside: 1, port: 1 }, published] },
    port: 27_015,
    known,
    saysListening: () => saysListening,
    onWay: (way) => told.push(way),
    connect: ({ host, port }) => enter(`${host}:${port}`),
  });
  return {
    ...{ clock, tried, told, answered, dial: () => dial(quiet) },
    async talk() {
      await dial(quiet);
      answered(true);
    },
  };
}

const [address, loopback] = ['172.18.0.2:27015', '127.0.0.1:31000'];

test.each<[string, readonly string[], RconWay]>([
  ['the address', [address, loopback, 'exec'], 'address'],
  ['a published loopback port', [loopback, 'exec'], 'published-port'],
  ['a program inside', ['exec'], 'exec'],
])('takes %s where that is the first that works, and tries it alone from then on', async (_, open, way) => {
  const { talk, tried, told } = ways(open);
  await talk();
  expect(told).toEqual([way]);
  const before = tried.length;
  await talk();
  expect(tried.slice(before)).toEqual([open[0]]);
  expect(told).toEqual([way]);
});

test('begins with what worked before in the same run', async () => {
  const { talk, tried, told } = ways([address, 'exec'], { known: 'exec' });
  await talk();
  expect(tried).toEqual(['exec']);
  expect(told).toEqual([]);
});

test('looks for another way where the one that worked does not any more', async () => {
  const { dial, talk, tried, told } = ways([address], { known: 'published-port' });
  await expect(dial()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await talk();
  expect(tried).toEqual([loopback, address]);
  expect(told).toEqual([undefined, 'address']);
});

test('keeps a way on which the game answered before, also where it hangs up once', async () => {
  const { dial, talk, answered, tried, told } = ways([address, 'exec']);
  await talk();
  await dial();
  answered(false);
  await talk();
  expect(tried).toEqual([address, address, address]);
  expect(told).toEqual(['address']);
});

test('tries nothing else where a starting game refuses, but once a minute', async () => {
  const { dial, tried, clock, answered } = ways([loopback, 'exec'], { code: 'ECONNREFUSED' });
  const refused = async (): Promise<void> => expect(dial()).rejects.toThrow('ECONNREFUSED');
  await refused();
  clock.advance(59_000);
  await refused();
  expect(tried).toEqual([address, address]);
  clock.advance(1_000);
  // The engine takes the connection, and nothing listens behind it.
  await dial();
  answered(false);
  await dial();
  answered(false);
  expect(tried.slice(2)).toEqual([address, loopback, 'exec']);
  await refused();
  clock.advance(59_000);
  await refused();
  expect(tried.slice(5)).toEqual([address, address]);
});

test('goes on to the next way at once where a game refuses that has said it listens', async () => {
  const { dial, talk, answered, tried, told } = ways([loopback, 'exec'], { code: 'ECONNREFUSED', saysListening: true });
  await dial();
  answered(false);
  await talk();
  await talk();
  expect(tried).toEqual([address, loopback, 'exec', 'exec']);
  expect(told).toEqual(['exec']);
});

test('tells what each way came to', async () => {
  const { dial } = ways([]);
  await expect(dial()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: `${address}: EHOSTUNREACH; ${loopback}: EHOSTUNREACH; exec: EHOSTUNREACH`,
  });
});
