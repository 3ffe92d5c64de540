/**
 * `npm test`: everything, on a machine that has nothing but Node and npm. Builds the program, finds or starts a Docker
 * engine, runs each suite, ends what it started, and says what was left over. Its last line is the count.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCommands } from './testing/command.ts';
import { addCounts, type Count, countLine, noTests } from './testing/count.ts';
import { type Engine, needEngine, needPackages } from './testing/engine.ts';
import { type Leftover, managedContainers, mountsBelow, newContainers, processesOf } from './testing/leftovers.ts';
import {
  architecture,
  larger,
  lint,
  type Need,
  packaging,
  reference,
  type Suite,
  types,
  unit,
  unused,
} from './testing/suites.ts';

const root = dirname(import.meta.dirname);
const only = process.argv.slice(2);
const commands = createCommands(root);
const folder = await realpath(await mkdtemp(join(tmpdir(), 'zr-')));
const env = { TMPDIR: folder, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' };
const rows: { readonly name: string; readonly count: Count; readonly seconds: number; readonly note: string }[] = [];
const say = (text: string): void => console.log(`\n── ${text}`);

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    commands.stop();
  });
}

let engine: Engine | undefined;
let containersBefore: ReadonlyMap<string, string> = new Map();

async function meet(need: Need): Promise<void> {
  if (need === 'tools') {
    await needPackages(commands, say, [
      { package: 'jq', program: '/usr/bin/jq' },
      { package: 'iproute2', program: '/usr/sbin/ip' },
      { package: 'python3-minimal', program: '/usr/bin/python3' },
      { package: 'socat', program: '/usr/bin/socat' },
    ]);
    return;
  }
  if (need === 'terminal') {
    await needPackages(commands, say, [{ package: 'tmux', program: '/usr/bin/tmux' }]);
    return;
  }
  if (engine) return;
  engine = await needEngine({ folder, commands, say });
  containersBefore = await managedContainers(commands);
  say(`building the simulator's image on Docker ${engine.version}`);
  const { exitCode } = await commands.run('npm', ['run', '--silent', 'image:simulator'], { env });
  if (exitCode !== 0) throw new Error('the simulator’s image could not be built');
}

/** Packages are installed by one at a time: apt does not wait for itself. */
let meeting = Promise.resolve();
function meetAll(needs: readonly Need[]): Promise<void> {
  const met = meeting.then(async () => {
    for (const need of needs) await meet(need);
  });
  // Who waits for it hears of a failure; the next one begins all the same.
  meeting = met.catch(() => undefined);
  return met;
}

/** With `quiet` it shows what it wrote when it is over, because another suite writes meanwhile. */
async function runSuite(suite: Suite, quiet = false): Promise<void> {
  if (interrupted) return;
  try {
    await meetAll(suite.needs ?? []);
    say(quiet ? `${suite.name} begins, beside the others` : suite.name);
    const { count, result } = await suite.run({ commands, folder, env, quiet });
    if (quiet) {
      say(suite.name);
      console.log(result.output);
    }
    rows.push({ name: suite.name, count, seconds: result.seconds, note: result.timedOut ? 'took too long' : '' });
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    say(`${suite.name} cannot run: ${note}`);
    rows.push({ name: suite.name, count: { ...noTests, failed: 1 }, seconds: 0, note: 'could not run' });
  }
}

/** Ends what is left and says so; being left over is a failure. */
async function sweep(what: string, find: () => Promise<readonly Leftover[]>): Promise<Count> {
  // A second look: what was just told to end may take a moment.
  for (const deadline = Date.now() + 5_000; Date.now() < deadline && (await find()).length > 0; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const left = await find();
  for (const { what: one, end } of left) {
    console.log(`left over: ${one}`);
    await end();
  }
  if (left.length === 0) console.log(`no ${what} left over`);
  return left.length === 0 || interrupted ? noTests : { ...noTests, failed: 1 };
}

const begun = performance.now();
let left = noTests;
try {
  say('build');
  const built = await commands.run('npm', ['run', '--silent', 'build'], { env });
  rows.push({
    name: 'build',
    count: { ...noTests, ...(built.exitCode === 0 ? { passed: 1 } : { failed: 1 }) },
    seconds: built.seconds,
    note: '',
  });
  const wanted = ({ name }: Suite): boolean => only.length === 0 || only.includes(name);
  const suites = [lint, types, unused, packaging, reference, architecture, unit, ...larger].filter(wanted);
  // What runs on the engine or in a terminal mostly waits for it; the others use its machine meanwhile.
  const waiting = suites.filter(({ needs }) => needs?.some((need) => need === 'engine' || need === 'terminal'));
  const beside = (async () => {
    for (const suite of waiting) await runSuite(suite, suites.length > 1);
  })();
  for (const suite of suites) if (!waiting.includes(suite)) await runSuite(suite);
  await beside;
} finally {
  say('what is left');
  // From here on commands clean up, also after an interruption.
  const cleaning = createCommands(root);
  if (engine) left = addCounts(left, await sweep('container', () => newContainers(containersBefore, folder, cleaning)));
  await engine?.stop();
  left = addCounts(left, await sweep('process', () => processesOf(folder)));
  left = addCounts(left, await sweep('mount', () => mountsBelow(folder, cleaning)));
  await rm(folder, { recursive: true, force: true });
}

const total = rows.reduce((sum, { count }) => addCounts(sum, count), left);
say(`${interrupted ? 'interrupted after' : 'all in'} ${Math.round((performance.now() - begun) / 1000)} s`);
for (const { name, count, seconds, note } of rows) {
  const verdict = count.failed === 0 ? 'ok  ' : 'FAIL';
  console.log(
    `${verdict} ${name.padEnd(16)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${countLine(count)} ${note}`.trimEnd(),
  );
}
process.exitCode = interrupted ? 130 : total.failed === 0 ? 0 : 1;
console.log(`\n${countLine(total)}`);
