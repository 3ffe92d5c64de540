/**
 * `npm run bench [name…] [--json] [--write]`: measures ZedOps beside what it is held against, both in the same run on the
 * same machine, because figures of two days or two machines do not compare. `--write` puts the tables into
 * docs/benchmarks.md. Never a test: a busy machine misses goals that an idle one meets.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { program, root } from '../test/support/zedops.ts';
import { createCleaner } from './cleaner.ts';
import type { Bench } from './comparison.ts';
import { event } from './event.ts';
import { fanOut } from './fan-out.ts';
import { fleet } from './fleet.ts';
import { flood } from './flood.ts';
import { list } from './list.ts';
import { logLatency } from './log-latency.ts';
import { logParser } from './log-parser.ts';
import { describeMachine } from './machine.ts';
import { memory } from './memory.ts';
import { rcon } from './rcon.ts';
import { reconcile } from './reconcile.ts';
import { type BenchResult, writeResults } from './report.ts';
import { startUp } from './start-up.ts';
import { markdownTable } from './table.ts';
import { tui } from './tui.ts';

const benches: readonly Bench[] = [
  logLatency,
  logParser,
  flood,
  fanOut,
  startUp,
  list,
  reconcile,
  event,
  fleet,
  memory,
  rcon,
  tui,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    megabytes: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
if (unknown !== undefined)
  fail(`There is no bench "${unknown}". There are: ${benches.map(({ name }) => name).join(', ')}`);
if (!existsSync(join(root, 'dist/cli/main.js'))) fail(`${program} is not built: npm run build`);

// Some Node versions start slower with it, and every process measured here would inherit it.
delete process.env.NODE_EXTRA_CA_CERTS;

const cleaner = createCleaner();
const clean = (): Promise<void> => cleaner.clean((error) => say(`could not be ended: ${error}`));
let interrupted = false;
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(name, () => {
    if (interrupted) return;
    interrupted = true;
    void clean().finally(() => process.exit(code));
  });
}

const results: BenchResult[] = [];
const machine = describeMachine();
let failed = false;
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
  say(`\n${bench.name}`);
  try {
    const rows = await bench.run({
      cleaner,
      say: (text) => say(`  ${text}`),
      ...(values.megabytes === undefined ? {} : { megabytes: Number(values.megabytes) }),
      ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
    });
    results.push({ bench, rows, machine, at: new Date().toISOString() });
    if (!values.json) console.log(`\n${bench.name}\n\n${markdownTable(rows)}\n`);
  } catch (error) {
    if (interrupted) break;
    failed = true;
    say(`${bench.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  await clean();
}
if (!interrupted) {
  if (values.json) {
    const plain = results.map(({ bench, rows, at }) => ({ name: bench.name, at, rows }));
    console.log(JSON.stringify({ machine, results: plain }, undefined, 2));
  }
  if (values.write) await writeResults(join(root, 'docs/benchmarks.md'), results);
  process.exit(failed ? 1 : 0);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function fail(text: string): never {
  say(text);
  process.exit(2);
}
