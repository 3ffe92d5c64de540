import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { failureSignatures } from '../src/zomboid/console/console-failures.ts';
import { readLogEvent } from '../src/zomboid/console/log-events.ts';
import { createLogReader } from '../src/zomboid/console/log-reader.ts';
import { type Bench, beside } from './comparison.ts';
import { leanEnv } from './machine.ts';
import { interleave } from './statistics.ts';
import { timed } from './timed.ts';

const rounds = 3;
const usualMegabytes = 1024;
const goal = 10;
/** What makes a line an error to the parser. */
const words = ['ERROR', ...failureSignatures.map(({ text }) => text)];

/** How many lines a second the parser reads of a large file, beside programs that only count the lines with certain words. */
export const logParser: Bench = {
  name: 'log-parser',
  method: `A generated log of both builds, one line in two hundred an error with a stack trace, 1 GB unless \`--megabytes\` says otherwise, read to the end from the page cache: by the parser (time, level, category, text, and what the line tells; the same code as in agent and command line, one thread, reading from a stream), by \`grep -c -F\` with the ${words.length} words by which the parser knows errors, which is the one of its questions that grep can answer, and by \`grep -c ERROR\`, which looks for a single word and nothing else. ${rounds} interleaved rounds, medians.`,
  async run({ cleaner, say, megabytes = usualMegabytes }) {
    const folder = await mkdtemp(join(tmpdir(), 'zedops-log-parser-'));
    cleaner.add(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'console.txt');
    say(`writing ${megabytes} MB`);
    const lines = await generate(path, megabytes * 1_000_000);
    const { size } = await stat(path);
    const quiet = { env: leanEnv(), extendEnv: false } as const;
    let seen = { lines: 0, errors: 0 };
    const samples = await interleave(rounds, {
      parser: () =>
        timed(async () => {
          seen = await parse(path);
        }),
      same: () => timed(() => execa('grep', ['-c', '-F', ...words.flatMap((word) => ['-e', word]), path], quiet)),
      single: () => timed(() => execa('grep', ['-c', 'ERROR', path], quiet)),
    });
    if (seen.lines !== lines) throw new Error(`the parser saw ${seen.lines} of ${lines} lines`);
    const rate = (ms: readonly number[]): number[] => ms.map((each) => lines / (each / 1000));
    const what = `${(size / 1e9).toFixed(2)} GB, ${lines.toLocaleString('en-US')} lines`;
    const row = beside(`${what}, the same errors`, rate(samples('parser')), rate(samples('same')), 'lines/s');
    return [
      { ...row, goal: `≥ ${1 / goal}x`, met: row.ratio >= 1 / goal },
      beside(`${what}, a single word`, rate(samples('parser')), rate(samples('single')), 'lines/s'),
    ];
  },
};

async function parse(path: string): Promise<{ lines: number; errors: number }> {
  const reader = createLogReader();
  let lines = 0;
  let errors = 0;
  let rest = '';
  for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
    const text = rest + String(piece);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      lines += 1;
      const { line } = reader.read(text.slice(start, end), lines);
      if (readLogEvent(line)?.kind === 'error') errors += 1;
      start = end + 1;
    }
    rest = text.slice(start);
  }
  return { lines, errors };
}

const openers = [
  (n: number) =>
    `LOG  : General     , ${1_714_824_465_000 + n}> ${(1_208_208_614 + n).toLocaleString('en-US')}> Zombie population manager has ${n % 997} chunks loaded\n`,
  (n: number) =>
    `LOG  : Network      f:${n} st:${(34_907_676 + n).toLocaleString('en-US')}> connection: guid=${n} [fully-connected] ""\n`,
  (n: number) =>
    `WARN : Script       f:0 st:${(34_865_802 + n).toLocaleString('en-US')} at ModelScript.check                   > no such model Base.Thing${n % 50}\n`,
  (n: number) =>
    `DEBUG: Vehicle     , ${1_714_824_465_000 + n}> 1,208,208,614> BaseVehicle.update> vehicle ${n} moved to ${n % 13_000},${n % 9_000},0\n`,
  (n: number) =>
    `LOG  : Lua          f:${n}, t:${1_776_297_642_000 + n}, st:48,648,157,434> ISThing.lua: perform on player ${n % 64}\n`,
] as const;

const trace = [
  'ERROR: General      f:0 st:97,774,374> java.lang.NullPointerException: Cannot invoke "zombie.iso.IsoGridSquare.getX()"\n',
  '\tat zombie.network.GameServer.main(GameServer.java:1024)\n',
  '\tat zombie.network.GameServer.update(GameServer.java:77)\n',
].join('');

async function generate(path: string, bytes: number): Promise<number> {
  const file = createWriteStream(path);
  let written = 0;
  let lines = 0;
  for (let n = 0; written < bytes; ) {
    let text = '';
    for (let row = 0; row < 2_000; row += 1, n += 1) {
      const opener = openers[n % openers.length];
      if (opener) text += opener(n);
      lines += 1;
      if (n % 200 === 0) {
        text += trace;
        lines += 3;
      }
    }
    written += Buffer.byteLength(text);
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return lines;
}
