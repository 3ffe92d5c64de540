import { setTimeout as pause } from 'node:timers/promises';
import { createFleet, type Fleet } from '../test/support/fleet.ts';
import { amount, atLeast, atMost, type Bench, type BenchContext, beside, type Row } from './comparison.ts';
import { inviteHost } from './fake-agent/invitation.ts';
import { assembleCrew, type Crew, type Run } from './fan-out/crew.ts';
import { type NatsServer, startNatsServer } from './fan-out/nats-server.ts';
import { connectStuckViewer } from './fan-out/stuck-viewer.ts';
import { processorSeconds, residentMemory } from './process-use.ts';
import { must } from './simulated-server.ts';
import { interleave, percentile } from './statistics.ts';

/** Viewers, lines of a flood, lines a second of the run for latency, and what is asked of throughput. */
const plan = [
  { viewers: 1, flood: 300_000, rate: 1_000, atLeast: undefined },
  { viewers: 10, flood: 200_000, rate: 1_000, atLeast: 1 },
  { viewers: 100, flood: 30_000, rate: 200, atLeast: 1.3 },
] as const;

const rounds = 3;
const rateSeconds = 15;
const stuckRun = { viewers: 10, flood: 300_000, mostGrowthMb: 16 } as const;

/** How the manager hands one server's log to many viewers, beside a NATS server that does the same work. */
export const fanOut: Bench = {
  name: 'fan-out',
  method: `A publisher hands lines of 200 bytes to the manager, as the agent of a host whose server prints them, or to nats-server, one PUB each; viewers in two other processes read them all. TLS 1.3 on every connection of both; viewers of ZedOps are its own client with its own parsing, those of NATS are nats.js, the client NATS has for Node, which hands each line on as text. The publisher to NATS is a few lines that do no more than they must. Nobody is dropped: the publisher keeps at most 5,000 lines ahead of the slowest viewer. Throughput is lines delivered to all viewers together a second, from the first line’s publishing to the last viewer’s last line; age is from publishing to the viewer, at a fixed rate. ${rounds} interleaved rounds, medians. Then the same with one more viewer that asks for the log and never reads.`,
  async run(context) {
    const nats = await startNatsServer(context.cleaner);
    const fleet = await createFleet({ runtime: 'process' });
    context.cleaner.add(() => fleet.dispose());
    await fleet.agent().end();
    const rows: Row[] = [];
    for (const size of plan) rows.push(...(await compare(context, fleet, nats, size)));
    return [...rows, ...(await withStuckViewer(context, fleet))];
  },
};

async function compare(
  context: BenchContext,
  fleet: Fleet,
  nats: NatsServer,
  { viewers, flood, rate, atLeast: least }: (typeof plan)[number],
): Promise<Row[]> {
  const { cleaner, say } = context;
  const who = viewers === 1 ? '1 viewer' : `${viewers} viewers`;
  const crews = {
    zedops: await assembleOnZedops(context, fleet, `fan-${viewers}`, viewers),
    nats: await assembleCrew(cleaner, { kind: 'nats', port: nats.port, authority: nats.authority }, viewers),
  };
  const pids = { zedops: fleet.manager().pid, nats: nats.pid };
  const processor: Record<keyof typeof crews, number[]> = { zedops: [], nats: [] };
  let lost = 0;
  const throughput = (name: keyof typeof crews) => async (): Promise<number> => {
    const usedBefore = processorSeconds(pids[name]);
    const run = await crews[name].flood(flood);
    processor[name].push(((processorSeconds(pids[name]) - usedBefore) * 1e6) / (flood * viewers));
    lost += run.lost;
    const perSecond = (flood * viewers) / run.seconds;
    say(`${who}, ${name}: ${amount(perSecond, 'lines/s')}`);
    return perSecond;
  };
  const runs: Record<keyof typeof crews, Run[]> = { zedops: [], nats: [] };
  const latency = (name: keyof typeof crews) => async (): Promise<number> => {
    const run = await crews[name].trickle(rate * rateSeconds, rate);
    lost += run.lost;
    runs[name].push(run);
    const p99 = percentile(run.ages, 0.99);
    say(`${who}, ${name}, ${rate} lines/s: p99 ${amount(p99, 'ms')}`);
    return p99;
  };
  const perSecond = await interleave(rounds, { zedops: throughput('zedops'), nats: throughput('nats') });
  const p99 = await interleave(rounds, { zedops: latency('zedops'), nats: latency('nats') });
  await Promise.all([crews.zedops.end(), crews.nats.end()]);
  const p50 = (name: keyof typeof crews): number[] => runs[name].map(({ ages }) => percentile(ages, 0.5));
  const flooded = beside(`${who}, flood`, perSecond('zedops'), perSecond('nats'), 'lines/s');
  return [
    least === undefined ? flooded : atLeast(least, flooded),
    beside(`${who}, flood, processor time of the server per line`, processor.zedops, processor.nats, 'µs'),
    beside(`${who}, ${rate} lines/s, p50`, p50('zedops'), p50('nats'), 'ms'),
    atMost(1.3, beside(`${who}, ${rate} lines/s, p99`, p99('zedops'), p99('nats'), 'ms')),
    { what: `${who}, lines missed`, ours: String(lost), goal: '0', met: lost === 0 },
  ];
}

async function assembleOnZedops({ cleaner }: BenchContext, fleet: Fleet, name: string, viewers: number): Promise<Crew> {
  const code = await inviteHost(fleet, name);
  const target = {
    kind: 'zedops',
    url: fleet.url,
    home: fleet.far.home,
    server: name,
    code,
    folder: `${fleet.box.home}/${name}`,
  } as const;
  const file = await fleet.envFile(name);
  const create = ['server', 'create', name, '--host', name, '--image', 'simulator', '--env-file', file];
  return assembleCrew(cleaner, target, viewers, () => must(fleet, create));
}

async function withStuckViewer(context: BenchContext, fleet: Fleet): Promise<Row[]> {
  const { viewers, flood, mostGrowthMb } = stuckRun;
  const { cleaner, say } = context;
  say(`${viewers} viewers and one that never reads`);
  const name = 'stuck';
  const crew = await assembleOnZedops(context, fleet, name, viewers);
  const alone = await crew.flood(flood);
  const disconnect = cleaner.add(await connectStuckViewer(fleet, name));
  const { pid } = fleet.manager();
  const before = residentMemory(pid).total;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMemory(pid).total);
  }, 100);
  const together = await crew.flood(flood);
  clearInterval(watch);
  await pause(1_000);
  const after = residentMemory(pid).total;
  await disconnect();
  await crew.end();
  return [
    atLeast(
      0.9,
      beside(
        `${viewers} viewers beside one that never reads, against without it`,
        [(flood * viewers) / together.seconds],
        [(flood * viewers) / alone.seconds],
        'lines/s',
      ),
    ),
    {
      what: 'lines they missed',
      ours: String(together.lost),
      theirs: String(alone.lost),
      goal: '0',
      met: together.lost === 0,
    },
    {
      what: `manager’s memory while ${amount((flood * 200) / 1024 ** 2, 'MB')} of log passed it: before, most, after`,
      ours: [before, most, after].map((value) => amount(value, 'MB')).join(', '),
      goal: `grows ≤ ${mostGrowthMb} MB`,
      met: after - before <= mostGrowthMb,
    },
  ];
}
