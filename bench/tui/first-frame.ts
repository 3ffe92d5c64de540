import emulator from '@xterm/headless';
import { hostInvite } from '../../src/protocol/operations/host.ts';
import { serverCreate } from '../../src/protocol/operations/server.ts';
import { eventually } from '../../test/support/eventually.ts';
import { createFleet, type Fleet } from '../../test/support/fleet.ts';
import { program } from '../../test/support/zedops.ts';
import { amount, type BenchContext, type Row } from '../comparison.ts';
import { gatherCrowd } from '../fake-agent/crowd.ts';
import { idleServerEnv } from '../idle-server.ts';
import { inTurns } from '../in-turns.ts';
import { openSignedIn } from '../signed-in.ts';
import { median, percentile } from '../statistics.ts';
import { columns, type Piece, rows, startInPty } from './pty.ts';

const sizes = [10, 500] as const;
const rounds = 15;
const goalMs = 200;

/** How long it takes from the start of `zedops` until the fleet is on the screen. */
export async function measureFirstFrame(context: BenchContext): Promise<Row[]> {
  const found: Row[] = [];
  for (const size of sizes) {
    const fleet = await fleetOf(context, size);
    const times: number[] = [];
    // The first start fills the compile cache.
    for (let round = 0; round <= rounds; round += 1) {
      const ms = await timeToFleet(context, fleet, size);
      if (round > 0) times.push(ms);
    }
    context.say(`${size} servers: ${amount(median(times), 'ms')}`);
    const middle = median(times);
    found.push(
      {
        what: `start to the first full frame, ${size} servers`,
        ours: amount(middle, 'ms'),
        goal: `≤ ${goalMs} ms`,
        met: middle <= goalMs,
      },
      { what: `start to the first full frame, ${size} servers, fastest`, ours: amount(percentile(times, 0), 'ms') },
    );
    await fleet.dispose();
  }
  return found;
}

/** A manager with one played host and so many servers on it. */
async function fleetOf({ cleaner, say }: BenchContext, size: number): Promise<Fleet> {
  const fleet = await createFleet({ runtime: 'process' });
  cleaner.add(() => fleet.dispose());
  await fleet.agent().end();
  const session = await openSignedIn(fleet.far.home);
  const { code } = await session.peer.request(hostInvite, { name: 'played' });
  await gatherCrowd(cleaner, { url: fleet.url, codes: [code], folder: fleet.box.home, processes: 1 });
  say(`${size} servers`);
  const numbers = Array.from({ length: size }, (_, index) => index);
  await inTurns(8, numbers, (index) => {
    const name = `server-${String(index).padStart(3, '0')}`;
    return session.peer.request(serverCreate, {
      name,
      host: 'played',
      image: 'simulator',
      env: idleServerEnv(name, index),
    });
  });
  session.close();
  return fleet;
}

async function timeToFleet({ cleaner }: BenchContext, fleet: Fleet, size: number): Promise<number> {
  const screen = await startInPty(cleaner, [process.execPath, '--', program], fleet.far.env);
  await screen.wrote('the fleet', /● live/);
  await eventually('the fleet to be whole', async () => (await whenFull(screen.pieces(), size)) !== undefined);
  const at = await whenFull(screen.pieces(), size);
  await screen.end();
  return (at ?? Number.NaN) - screen.startedAt;
}

/** When all the servers there is room for were on the screen, with their number. Milliseconds since 1970. */
async function whenFull(pieces: readonly Piece[], size: number): Promise<number | undefined> {
  const terminal = new emulator.Terminal({ cols: columns, rows, allowProposedApi: true });
  try {
    for (const { at, bytes } of pieces) {
      await new Promise<void>((resolve) => terminal.write(bytes, resolve));
      const { active } = terminal.buffer;
      const lines = Array.from({ length: rows }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
      const servers = lines.filter((line) => /^\W*server-\d+ +ready/.test(line)).length;
      if (lines.some((line) => line.includes(`${size} servers`)) && servers >= Math.min(size, 25)) return at;
    }
    return undefined;
  } finally {
    terminal.dispose();
  }
}
