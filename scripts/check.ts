/**
 * `npm run check`: what a change is checked with before it is shown to anyone. The tools run side by side; each prints
 * its time, and its output only when it fails.
 */
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCommands } from './testing/command.ts';
import { addCounts, countLine, noTests } from './testing/count.ts';
import { architecture, lint, reference, type Suite, types, unit, unused } from './testing/suites.ts';

const commands = createCommands(dirname(import.meta.dirname));
/** Linux keeps this folder in memory: the many small files of the tests need not wait for a disk. */
const inMemory = '/dev/shm';
const base = await access(inMemory, constants.W_OK).then(
  () => inMemory,
  () => tmpdir(),
);
const folder = await mkdtemp(join(base, 'zc-'));
let total = noTests;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => commands.stop());
const begun = performance.now();

async function run(suite: Suite): Promise<void> {
  const { count, result } = await suite.run({ commands, folder, env: { TMPDIR: folder }, quiet: true });
  total = addCounts(total, count);
  const failed = count.failed > 0;
  if (failed) console.log(result.output);
  console.log(`${failed ? 'FAIL' : 'ok  '} ${suite.name.padEnd(16)} ${result.seconds.toFixed(1)} s`);
}

try {
  await Promise.all([lint, types, unused, architecture, reference].map(run));
  // It fills the machine by itself, and would take longer beside the others than after them.
  await run(unit);
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${countLine(total)} in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
process.exitCode = total.failed === 0 ? 0 : 1;
