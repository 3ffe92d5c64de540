import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { eventually } from '../test/support/eventually.ts';
import { createFleet, type Fleet } from '../test/support/fleet.ts';
import { program } from '../test/support/zedops.ts';
import { countFaults, type NumberedArrival, numberedArrivals, startTimedReader } from './arrivals.ts';
import { type Bench, type BenchContext, beside, type Row } from './comparison.ts';
import { needSimulatorImage } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { createSimulatedServer, type SimulatedServer } from './simulated-server.ts';
import { median, type Summary, summarise } from './statistics.ts';

/** Rate in lines a second, how long each round listens, and how many rounds. */
const plan = [
  { rate: 10, seconds: 30, rounds: 1 },
  { rate: 1_000, seconds: 10, rounds: 3 },
  { rate: 10_000, seconds: 10, rounds: 3 },
] as const;

const addedMs = 5;

/** How old a line is when `zedops logs -f` has written it, beside `docker logs -f` on the same container at the same time. */
export const logLatency: Bench = {
  name: 'log-latency',
  method:
    'One simulated server on Docker; `zedops logs -f --json` (a signed-in person, TLS, through manager and agent) and `docker logs -f --timestamps` follow it at the same time into the same reading process. A line’s age is the time its last byte was read minus the nanosecond time the engine gave it when the container wrote it, so that both readers are measured from the very same instant. Lines carry numbers: lost and doubled ones are counted over what both readers heard. “Told” are those of the lost lines for which ZedOps showed a gap with their number. Medians of 3 rounds (10 lines/s: one round). The game prints every 10 ms, so that 1,000 lines/s come ten at a time.',
  async run(context) {
    await needSimulatorImage();
    const fleet = await createFleet({ runtime: 'docker' });
    context.cleaner.add(() => fleet.dispose());
    const rows: Row[] = [];
    for (const { rate, seconds, rounds } of plan) {
      const server = await createSimulatedServer(fleet, context, `rate-${rate}`, { SIM_LOG_RATE: String(rate) });
      const heard: Round[] = [];
      for (let round = 0; round < rounds; round += 1) {
        context.say(`${rate} lines/s, round ${round + 1} of ${rounds}, ${seconds} s`);
        heard.push(await listen(fleet, context, server, seconds));
      }
      rows.push(...rowsOf(rate, heard));
      await server.remove();
    }
    return rows;
  },
};

interface Round {
  readonly zedops: Summary;
  readonly docker: Summary;
  /** Lines that zedops said it could not show. */
  readonly told: number;
  readonly zedopsFaults: { readonly lost: number; readonly twice: number };
  readonly dockerFaults: { readonly lost: number; readonly twice: number };
}

async function listen(
  fleet: Fleet,
  { cleaner }: BenchContext,
  server: SimulatedServer,
  seconds: number,
): Promise<Round> {
  const followZedops = [program, 'logs', server.name, '--follow', '--tail', '0', '--json'];
  const followDocker = ['logs', '--follow', '--timestamps', '--tail', '0', server.container];
  const zedops = startTimedReader(cleaner, process.execPath, followZedops, leanEnv(fleet.far.env));
  const docker = startTimedReader(cleaner, 'docker', followDocker, leanEnv());
  await eventually('both readers to hear something', () => zedops.bytes() > 0 && docker.bytes() > 0);
  await pause(seconds * 1000);
  const rows = await zedops.end();
  const heardByZedops = numberedArrivals(rows, readZedopsLine);
  const heardByDocker = numberedArrivals(await docker.end(), readDockerLine);
  const from = Math.max(firstNumber(heardByZedops), firstNumber(heardByDocker));
  const through = Math.min(lastNumber(heardByZedops), lastNumber(heardByDocker));
  const ages = (lines: readonly NumberedArrival[]): Summary =>
    summarise(
      lines.filter(({ number }) => number >= from && number <= through).map(({ at, writtenAt }) => at - writtenAt),
    );
  return {
    zedops: ages(heardByZedops),
    told: rows.reduce((sum, { text }) => sum + toldLost(text), 0),
    docker: ages(heardByDocker),
    zedopsFaults: countFaults(heardByZedops, from, through),
    dockerFaults: countFaults(heardByDocker, from, through),
  };
}

function rowsOf(rate: number, rounds: readonly Round[]): Row[] {
  const each = (pick: (round: Round) => number): readonly number[] => rounds.map(pick);
  const sum = (pick: (round: Round) => number): number => rounds.reduce((total, round) => total + pick(round), 0);
  const lines = `${rate.toLocaleString('en-US')} lines/s`;
  const [ours, theirs] = [each(({ zedops }) => zedops.p99), each(({ docker }) => docker.p99)];
  const limit = Math.min(rate === 1_000 ? 10 : Number.POSITIVE_INFINITY, median(theirs) + addedMs);
  const [lost, twice] = [sum(({ zedopsFaults }) => zedopsFaults.lost), sum(({ zedopsFaults }) => zedopsFaults.twice)];
  return [
    beside(
      `${lines}, p50`,
      each(({ zedops }) => zedops.p50),
      each(({ docker }) => docker.p50),
      'ms',
    ),
    {
      ...beside(`${lines}, p99`, ours, theirs, 'ms'),
      goal: `≤ docker logs + ${addedMs} ms${rate === 1_000 ? ', ≤ 10 ms' : ''}`,
      met: median(ours) <= limit,
    },
    {
      what: `${lines}, lost and twice of ${sum(({ zedops }) => zedops.count).toLocaleString('en-US')}`,
      ours: `${lost} (${sum(({ told }) => told)} told) and ${twice}`,
      theirs: `${sum(({ dockerFaults }) => dockerFaults.lost)} and ${sum(({ dockerFaults }) => dockerFaults.twice)}`,
      goal: '0 and 0',
      met: lost === 0 && twice === 0,
    },
  ];
}

const JsonLine = z.object({ time: z.string(), text: z.string() });

function readZedopsLine(text: string): { time: string; line: string } | undefined {
  const parsed = JsonLine.safeParse(JSON.parse(text));
  return parsed.success ? { time: parsed.data.time, line: parsed.data.text } : undefined;
}

const JsonGap = z.object({ kind: z.literal('gap'), count: z.number().default(1) });

function toldLost(text: string): number {
  const parsed = JsonGap.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data.count : 0;
}

function readDockerLine(text: string): { time: string; line: string } {
  const space = text.indexOf(' ');
  return { time: text.slice(0, space), line: text.slice(space + 1) };
}

function firstNumber(lines: readonly NumberedArrival[]): number {
  return lines[0]?.number ?? Number.POSITIVE_INFINITY;
}

function lastNumber(lines: readonly NumberedArrival[]): number {
  return lines.at(-1)?.number ?? 0;
}
