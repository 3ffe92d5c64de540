import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Rcon } from 'rcon-client';
import { dialRcon } from '../src/agent/rcon/dial.ts';
import { createRconSession, type RconSession } from '../src/agent/rcon/session.ts';
import { systemClock } from '../src/platform/clock.ts';
import { ZedopsError } from '../src/protocol/errors.ts';
import type { Cleaner } from './cleaner.ts';
import { amount, atLeast, atMost, type Bench, beside, type Row } from './comparison.ts';
import { interleave, percentile } from './statistics.ts';

const rounds = 9;
const sequential = 2_000;
const pipelined = 10_000;
/** Commands that wait at once; the session refuses more than 1,024. */
const atOnce = 512;
const password = 'bench';

/** Commands to a game’s remote console. */
export const rcon: Bench = {
  name: 'rcon',
  method: `One server in a process of its own answers both at once and echoes probes, as the game does. The agent’s session, with its queue, deadlines and the probe that marks the end of each answer, beside rcon-client, which takes the first packet for the whole answer. Sequential: ${sequential.toLocaleString('en-US')} commands one after another. Many: ${pipelined.toLocaleString('en-US')} commands, ${atOnce} of them waiting at once; rcon-client as it is by default (one under way), the session with as many under way as it has learned that the server takes (8 at first, 256 at most). ${rounds} interleaved rounds, medians. The last row asks for an answer of 1 MB in packets of 4,086 bytes.`,
  async run({ cleaner, say }) {
    const port = await startServer(cleaner);
    const ours = openSession(cleaner, port);
    const theirs = await Rcon.connect({ host: '127.0.0.1', port, password });
    cleaner.add(() => theirs.end());
    const ask = {
      zedops: async (line: string): Promise<string> => (await ours.command(line, {})).text,
      theirs: (line: string): Promise<string> => theirs.send(line),
    };
    const p99: Record<keyof typeof ask, number[]> = { zedops: [], theirs: [] };
    const roundTrips = (name: keyof typeof ask) => async (): Promise<number> => {
      const samples: number[] = [];
      for (let index = 0; index < sequential; index += 1) {
        const begun = performance.now();
        await ask[name]('players');
        samples.push(performance.now() - begun);
      }
      p99[name].push(percentile(samples, 0.99));
      return percentile(samples, 0.5);
    };
    const many = (name: keyof typeof ask) => (): Promise<number> => perSecond(ask[name]);
    // Both are warm before anything counts.
    for (const name of ['zedops', 'theirs'] as const) await roundTrips(name)();
    for (const samples of Object.values(p99)) samples.length = 0;
    say('round trips');
    const trips = await interleave(rounds, { zedops: roundTrips('zedops'), theirs: roundTrips('theirs') });
    say('many at once');
    const rates = await interleave(rounds, { zedops: many('zedops'), theirs: many('theirs') });
    return [
      atMost(1.1, beside('round trip, p50', trips('zedops'), trips('theirs'), 'ms')),
      beside('round trip, p99', p99.zedops, p99.theirs, 'ms'),
      atLeast(10, beside('commands a second, many at once', rates('zedops'), rates('theirs'), '/s')),
      await large(ask.zedops, ask.theirs),
    ];
  },
};

async function startServer(cleaner: Cleaner): Promise<number> {
  const child = execa(process.execPath, [fileURLToPath(new URL('rcon-server.ts', import.meta.url))], { reject: false });
  cleaner.add(async () => {
    child.kill();
    await child;
  });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())));
    void child.then(() => reject(new Error('the RCON server did not start')));
  });
}

function openSession(cleaner: Cleaner, port: number): RconSession {
  const session = createRconSession({
    ...{ name: 'bench', password, clock: systemClock, onIdle: () => undefined },
    dial: (signal) => dialRcon({ host: '127.0.0.1', port }, systemClock, signal),
  });
  cleaner.add(() => session.close(new ZedopsError('CANCELLED', 'the bench is over')));
  return session;
}

async function perSecond(ask: (line: string) => Promise<string>): Promise<number> {
  let left = pipelined;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if ((await ask('players')) !== 'players') throw new Error('an answer was not the one to its command');
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (pipelined * 1000) / (performance.now() - begun);
}

async function large(ours: (line: string) => Promise<string>, theirs: (line: string) => Promise<string>): Promise<Row> {
  const wanted = 'x'.repeat(1_000_000);
  const [mine, other] = [await ours('mb 1'), await theirs('mb 1')];
  return {
    what: 'characters of an answer of 1,000,000',
    ours: amount(mine.length, ''),
    theirs: amount(other.length, ''),
    goal: 'exact',
    met: mine === wanted,
  };
}
