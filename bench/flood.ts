import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { eventually } from '../test/support/eventually.ts';
import { createFleet } from '../test/support/fleet.ts';
import { program } from '../test/support/zedops.ts';
import { countFaults, numberedArrivals, startTimedReader, type TimedReader } from './arrivals.ts';
import { amount, atLeast, type Bench, beside } from './comparison.ts';
import { needSimulatorImage, removeContainers } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { createSimulatedServer, must } from './simulated-server.ts';
import { interleave } from './statistics.ts';

const rounds = 1;
const settleMs = 2_000;
const listenMs = 5_000;
const flooding = { SIM_LOG_RATE: 'max' };
const name = 'flood';
const plain = 'zedops-bench-flood';

/** How many lines a second come out of a container that prints as fast as it can. */
export const flood: Bench = {
  name: 'flood',
  method: `A simulated server that prints as fast as the engine takes it, followed for ${listenMs / 1000} s after ${settleMs / 1000} s: by \`zedops logs -f\` through agent and manager, and, on a container of the same image that no agent reads, by \`docker logs -f\`. One after the other in ${rounds} interleaved rounds, medians: the engine feeds each reader of a log anew, so that two at once would halve each other. Missing lines are those a reader never got in between: the log was rotated before it came to them.`,
  async run(context) {
    const image = await needSimulatorImage();
    const fleet = await createFleet({ runtime: 'docker' });
    context.cleaner.add(() => fleet.dispose());
    const server = await createSimulatedServer(fleet, context, name, flooding);
    const format = '{{range $key, $value := .HostConfig.LogConfig.Config}}--log-opt {{$key}}={{$value}} {{end}}';
    const { stdout } = await execa('docker', ['inspect', '--format', format, server.container]);
    const logOptions = stdout.trim().split(/\s+/).filter(Boolean);
    await must(fleet, ['server', 'kill', name, '--yes']);

    const missing = { zedops: 0, docker: 0 };
    const samples = await interleave(rounds, {
      async zedops() {
        await must(fleet, ['server', 'start', name]);
        const args = [program, 'logs', name, '--follow', '--tail', '0'];
        const heard = await listen(startTimedReader(context.cleaner, process.execPath, args, leanEnv(fleet.far.env)));
        await must(fleet, ['server', 'kill', name, '--yes']);
        missing.zedops += heard.missing;
        context.say(`zedops logs -f: ${amount(heard.perSecond, 'lines/s')}, ${heard.missing} missing`);
        return heard.perSecond;
      },
      async docker() {
        const env = { ...flooding, ADMIN_PASSWORD: 'bench', SIM_STARTUP_SECONDS: '0.5' };
        const given = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
        const remove = context.cleaner.add(() => removeContainers([plain]));
        await execa('docker', [
          'run',
          '--detach',
          '--network',
          'none',
          '--name',
          plain,
          ...logOptions,
          ...given,
          image,
        ]);
        const args = ['logs', '--follow', '--tail', '0', plain];
        const heard = await listen(startTimedReader(context.cleaner, 'docker', args, leanEnv()));
        await remove();
        missing.docker += heard.missing;
        context.say(`docker logs -f: ${amount(heard.perSecond, 'lines/s')}, ${heard.missing} missing`);
        return heard.perSecond;
      },
    });
    await server.remove();
    return [
      atLeast(1, beside('lines drained', samples('zedops'), samples('docker'), 'lines/s')),
      { what: 'lines missing in between, all rounds', ours: String(missing.zedops), theirs: String(missing.docker) },
    ];
  },
};

async function listen(reader: TimedReader): Promise<{ readonly perSecond: number; readonly missing: number }> {
  await eventually('the flood to arrive', () => reader.bytes() > 100_000);
  await pause(settleMs + listenMs);
  const arrivals = await reader.end();
  const from = (arrivals[0]?.at ?? 0) + settleMs;
  const window = arrivals.filter(({ at }) => at >= from && at < from + listenMs);
  const numbered = numberedArrivals(window, (line) => ({ time: '1970-01-01T00:00:00Z', line }));
  const [first, last] = [numbered[0]?.number ?? 0, numbered.at(-1)?.number ?? 0];
  return { perSecond: window.length / (listenMs / 1000), missing: countFaults(numbered, first, last).lost };
}
