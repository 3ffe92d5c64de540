import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createFleet, type Fleet } from '../../test/support/fleet.ts';
import { program } from '../../test/support/zedops.ts';
import { amount, atMost, type BenchContext, beside, type Row } from '../comparison.ts';
import { needSimulatorImage } from '../docker-engine.ts';
import { processorSeconds } from '../process-use.ts';
import { createSimulatedServer, type SimulatedServer } from '../simulated-server.ts';
import { interleave, median, percentile } from '../statistics.ts';
import { shownAt, writtenAt } from './ages.ts';
import { type InPty, type Piece, startInPty } from './pty.ts';

const rates = [0, 10, 1_000, 10_000] as const;
const settleMs = 4_000;
const windowMs = 8_000;
const rounds = 3;
/** Sequences that empty a whole screen, or the scrollback with it. */
const clearing = /\u001b\[[23]J/g;

type Rival = 'ink' | 'bare' | 'docker' | 'tail';

interface Sample {
  /** Share of one core, in percent. */
  readonly processor: number;
  /** Kilobytes a second. */
  readonly bytes: number;
  readonly pieces: readonly Piece[];
}

/** What a log on the screen costs at several rates, and how late its lines are. */
export async function measureLogScreen(context: BenchContext): Promise<Row[]> {
  await needSimulatorImage();
  const fleet = await createFleet({ runtime: 'docker' });
  context.cleaner.add(() => fleet.dispose());
  const found: Row[] = [];
  let clears = 0;
  for (const rate of rates) {
    const server = await createSimulatedServer(fleet, context, `tui-${rate}`, { SIM_LOG_RATE: String(rate) });
    const samples: Record<'tui' | Rival, Sample[]> = { tui: [], ink: [], bare: [], docker: [], tail: [] };
    const ages: Record<'tui' | 'docker', number[][]> = { tui: [], docker: [] };
    const subjects = subjectsOf(context, fleet, server);
    const measured = (name: keyof typeof subjects) => async (): Promise<number> => {
      const screen = await subjects[name]();
      const sample = await watch(screen);
      samples[name].push(sample);
      if (name === 'tui') clears += screen.text().match(clearing)?.length ?? 0;
      if ((name === 'tui' || name === 'docker') && rate > 0) ages[name].push(await agesOf(server, rate, sample));
      context.say(`${rate} lines/s, ${name}: ${amount(sample.processor, '%')}, ${amount(sample.bytes, 'kB/s')}`);
      return sample.processor;
    };
    await interleave(rounds, {
      tui: measured('tui'),
      ink: measured('ink'),
      bare: measured('bare'),
      docker: measured('docker'),
      tail: measured('tail'),
    });
    found.push(...rowsOf(rate, samples), ...ageRows(rate, ages));
    await server.remove();
  }
  found.push({ what: 'clears of the whole screen', ours: String(clears), goal: '0', met: clears === 0 });
  return found;
}

function subjectsOf(
  { cleaner }: BenchContext,
  fleet: Fleet,
  server: SimulatedServer,
): Record<'tui' | Rival, () => Promise<InPty>> {
  const follow = ['docker', 'logs', '--follow', '--tail', '100', server.container];
  const node = [process.execPath, '--'];
  const bare = [join(import.meta.dirname, 'bare-reader.ts')];
  return {
    tui: () => openLog(cleaner, fleet),
    ink: () => startInPty(cleaner, [...node, join(import.meta.dirname, 'ink-list.ts'), ...follow], production),
    bare: () => startInPty(cleaner, [...node, ...bare, fleet.far.home, server.name]),
    docker: () => startInPty(cleaner, follow),
    async tail() {
      const path = join(fleet.box.home, 'tail.log');
      await writeFile(path, '');
      const fill = await startInPty(cleaner, ['sh', '-c', `exec ${follow.join(' ')} > '${path}'`]);
      const screen = await startInPty(cleaner, ['tail', '--follow', path]);
      const end = async (): Promise<void> => {
        await screen.end();
        await fill.end();
      };
      return { ...screen, end };
    },
  };
}

/** React is much slower where it is not told that it is in use. */
const production = { NODE_ENV: 'production' };

/** Opens the screens as a signed-in person, and the log of the only server there is. */
export async function openLog(cleaner: BenchContext['cleaner'], fleet: Fleet): Promise<InPty> {
  const screen = await startInPty(cleaner, [process.execPath, '--', program], fleet.far.env);
  await screen.wrote('the fleet', /● live/);
  screen.type('L');
  await screen.wrote('the log', /following/);
  return screen;
}

/** Lets a screen come to rest, and then looks at it for a while. */
async function watch(screen: InPty): Promise<Sample> {
  await pause(settleMs);
  const [from, bytes, seconds] = [screen.pieces().length, screen.size(), processorSeconds(screen.pid)];
  const begun = performance.now();
  await pause(windowMs);
  const elapsed = (performance.now() - begun) / 1000;
  const sample = {
    processor: ((processorSeconds(screen.pid) - seconds) / elapsed) * 100,
    bytes: (screen.size() - bytes) / 1000 / elapsed,
    pieces: screen.pieces().slice(from),
  };
  await screen.end();
  return sample;
}

/** How old lines were when they were on the screen, in milliseconds. */
async function agesOf(server: SimulatedServer, rate: number, { pieces }: Sample): Promise<number[]> {
  const written = await writtenAt(server.container, rate * ((windowMs + settleMs) / 1000));
  return [...shownAt(pieces)].flatMap(([number, at]) => {
    const since = written.get(number);
    return since === undefined ? [] : [at - since];
  });
}

function rowsOf(rate: number, samples: Readonly<Record<'tui' | Rival, readonly Sample[]>>): Row[] {
  const lines = `${rate.toLocaleString('en-US')} lines/s`;
  const names = {
    ink: 'a list drawn by Ink',
    bare: 'the least reader',
    docker: 'docker logs -f',
    tail: 'tail -f',
  } as const;
  return (['ink', 'bare', 'docker', 'tail'] as const).flatMap((name) => {
    const row = (what: string, pick: (sample: Sample) => number, unit: string): Row => {
      const [ours, theirs] = [samples.tui.map(pick), samples[name].map(pick)];
      const title = `${lines}, ${what}, against ${names[name]}`;
      // Nothing has no ratio.
      if (theirs.some((value) => value === 0)) {
        return { what: title, ours: amount(median(ours), unit), theirs: amount(median(theirs), unit) };
      }
      const compared = beside(title, ours, theirs, unit);
      return name === 'ink' && what === 'processor' && rate === 1_000 ? atMost(0.1, compared) : compared;
    };
    return [row('processor', (sample) => sample.processor, '%'), row('written', (sample) => sample.bytes, 'kB/s')];
  });
}

function ageRows(rate: number, ages: Readonly<Record<'tui' | 'docker', readonly (readonly number[])[]>>): Row[] {
  if (rate === 0) return [];
  const lines = `${rate.toLocaleString('en-US')} lines/s, container to screen`;
  const row = (share: number) => {
    const each = (name: 'tui' | 'docker') => ages[name].map((some) => percentile(some, share));
    return { ...beside(`${lines}, p${share * 100}`, each('tui'), each('docker'), 'ms'), value: median(each('tui')) };
  };
  const [{ value: _, ...p50 }, { value, ...p99 }] = [row(0.5), row(0.99)];
  return [p50, rate === 1_000 ? { ...p99, goal: '≤ 20 ms', met: value <= 20 } : p99];
}
