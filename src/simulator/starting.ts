import { pause } from '../platform/clock.ts';
import { type Accounts, openAccounts } from './accounts.ts';
import { prepareAdmin } from './admin-account.ts';
import { bindGamePorts } from './game-ports.ts';
import type { Run } from './run.ts';
import type { CrashKind } from './scenario-settings.ts';
import { prepareRules } from './server-files.ts';
import {
  assetStep,
  launchStep,
  readyLines,
  type StartFacts,
  type StartLine,
  type StartStep,
  workshopStep,
  worldStep,
} from './start-up.ts';
import { openWorld, type World } from './world.ts';

/** What a start comes to: a game that takes players, a crash, or nothing when the run was over before. */
export type Started =
  | { readonly accounts: Accounts; readonly world: World }
  | { readonly crash: CrashKind }
  | undefined;

/** Brings the game from its first line to the one that says players can come in. */
export async function startGame(run: Run): Promise<Started> {
  const { scenario, dialect, paths, options, console, ending, clock, atEnd } = run;
  const { signal } = ending;
  const facts: StartFacts = { dialect, options, dataFolder: scenario.dataFolder, serverName: scenario.serverName };
  const complaints = writeIni(run);

  const launch = launchStep(facts);
  await printStep(run, launch);
  console.networkIsUp();
  for (const complaint of complaints) console.log('General', complaint, 'ERROR');

  const accounts = openAccounts(paths.database, dialect, scenario.serverName);
  if (!accounts) return { crash: 'corrupt' };
  atEnd(() => accounts.close());
  await prepareAdmin({ accounts, console, stdin: run.stdin, signal }, scenario.adminPassword);

  if (!prepareRules(paths, dialect)) return { crash: 'config' };
  const world = openWorld({
    folder: paths.world,
    name: scenario.serverName,
    dialect,
    clock,
    files: scenario.saveFiles,
    megabytes: scenario.saveMegabytes,
  });
  atEnd(() => world.close());
  const workshop = workshopStep(facts);
  const loading = worldStep(facts, world.fresh);
  await printStep(run, workshop);
  await printStep(run, assetStep(facts, 1 - launch.share - workshop.share - loading.share));
  await printStep(run, loading);
  if (world.fresh) await world.create(signal);
  if (signal.aborted) return undefined;

  const closePorts = await bindGamePorts([Number(options.get('DefaultPort')), Number(options.get('UDPPort'))]);
  if (!closePorts) return { crash: 'port' };
  atEnd(closePorts);
  if (signal.aborted) return undefined;
  for (const line of readyLines(facts)) print(run, line);
  return { accounts, world };
}

/** Reads the ini, sets what the environment sets, and writes it anew. @returns what the game complains of. */
function writeIni({ options, scenario }: Run): readonly string[] {
  const complaints = options.reload();
  for (const [key, value] of Object.entries(scenario.options)) {
    const option = options.find(key);
    if (option) options.set(option, value);
  }
  options.write();
  return complaints;
}

async function printStep(run: Run, { share, lines }: StartStep): Promise<void> {
  const { scenario, clock, ending } = run;
  const begun = clock.now();
  const ms = share * scenario.startupSeconds * 1000;
  for (const [index, line] of lines.entries()) {
    if (ending.signal.aborted) return;
    print(run, line);
    const left = begun + (ms * (index + 1)) / lines.length - clock.now();
    // Shorter waits are made up for by the next one.
    if (left >= 1) await pause(clock, left, ending.signal);
  }
}

function print({ console }: Run, { category, text, level, caller }: StartLine): void {
  if (category === undefined) console.plain(text);
  else console.log(category, text, level, caller);
}
