import { setTimeout as pause } from 'node:timers/promises';
import { createFleet } from '../../test/support/fleet.ts';
import { amount, type BenchContext, type Row } from '../comparison.ts';
import { needSimulatorImage } from '../docker-engine.ts';
import { residentMemory } from '../process-use.ts';
import { createSimulatedServer } from '../simulated-server.ts';
import { openLog } from './log-screen.ts';

const usualMinutes = 10;
/** By then the lines that are kept are as many as there ever will be, and the heap has found its size. */
const fullAfterMinutes = 1;
const growsMb = 16;

/** What the screens hold in memory while a log goes by. */
export async function measureMemory(context: BenchContext): Promise<Row[]> {
  await needSimulatorImage();
  const minutes = context.minutes ?? usualMinutes;
  const fleet = await createFleet({ runtime: 'docker' });
  context.cleaner.add(() => fleet.dispose());
  const server = await createSimulatedServer(fleet, context, 'tui-memory', { SIM_LOG_RATE: '1000' });
  const screen = await openLog(context.cleaner, fleet);
  const samples: number[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    await pause(60_000);
    samples.push(residentMemory(screen.pid).total);
    context.say(`after ${minute} min: ${amount(samples.at(-1) ?? 0, 'MB')}`);
  }
  await screen.end();
  await server.remove();
  const [early, late] = [samples[fullAfterMinutes - 1] ?? 0, samples.at(-1) ?? 0];
  return [
    {
      what: `memory after ${fullAfterMinutes} and after ${minutes} min of 1,000 lines/s`,
      ours: `${amount(early, 'MB')} and ${amount(late, 'MB')}`,
      goal: `grows ≤ ${growsMb} MB`,
      met: late - early <= growsMb,
    },
  ];
}
