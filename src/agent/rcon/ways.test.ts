import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import type { RconWay } from '../../protocol/entities/rcon-link.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createRconWays } from './ways.ts';

const quiet = new AbortController().signal;
const published = { inside: 27_015, host: '127.0.0.1', port: 31_000 };
const unreachable = (host: string, code: string): ZedopsError =>
  new ZedopsError('UNREACHABLE', `${host}: ${code}`, { cause: Object.assign(new Error(code), { code }) });

/** Ways of which those in `open` lead somewhere. */
function ways(open: readonly string[], { known, code = 'EHOSTUNREACH' }: { known?: RconWay; code?: string } = {}) {
  const tried: string[] = [];
  const told: (RconWay | undefined)[] = [];
  const enter = async (way: string): Promise<PassThrough> => {
    tried.push(way);
    if (!open.includes(way)) throw unreachable(way, code);
    const stream = new PassThrough();
    stream.write('zedops relay bash\n');
    return stream;
  };
  const { dial } = createRconWays({
    runtime: { kind: 'docker', pipe: () => enter('exec') },
    clock: systemClock,
    container: { id: 'c1', address: '172.18.0.2', loopbackPorts: [{ ...published, inside: 1, port: 1 }, published] },
    port: 27_015,
    known,
    onWay: (way) => told.push(way),
    connect: ({ host, port }) => enter(`${host}:${port}`),
  });
  return { dial: () => dial(quiet), tried, told };
}

const [address, loopback] = ['172.18.0.2:27015', '127.0.0.1:31000'];

test.each<[string, readonly string[], RconWay]>([
  ['the address', [address, loopback, 'exec'], 'address'],
  ['a published loopback port', [loopback, 'exec'], 'published-port'],
  ['a program inside', ['exec'], 'exec'],
])('takes %s where that is the first that works, and tries it alone from then on', async (_, open, way) => {
  const { dial, tried, told } = ways(open);
  await dial();
  expect(told).toEqual([way]);
  const before = tried.length;
  await dial();
  expect(tried.slice(before)).toEqual([open[0]]);
  expect(told).toEqual([way]);
});

test('begins with what worked before in the same run', async () => {
  const { dial, tried, told } = ways([address, 'exec'], { known: 'exec' });
  await dial();
  expect(tried).toEqual(['exec']);
  expect(told).toEqual([]);
});

test('looks for another way where the one that worked does not any more', async () => {
  const { dial, tried, told } = ways([address], { known: 'published-port' });
  await expect(dial()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await dial();
  expect(tried).toEqual([loopback, address]);
  expect(told).toEqual([undefined, 'address']);
});

test('tries nothing else where the address was reached and nothing listens there', async () => {
  const { dial, tried } = ways([loopback, 'exec'], { code: 'ECONNREFUSED' });
  await expect(dial()).rejects.toThrow('ECONNREFUSED');
  expect(tried).toEqual([address]);
});

test('tells what each way came to', async () => {
  const { dial } = ways([]);
  await expect(dial()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: `${address}: EHOSTUNREACH; ${loopback}: EHOSTUNREACH; exec: EHOSTUNREACH`,
  });
});
