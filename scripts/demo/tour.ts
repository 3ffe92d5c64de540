import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoFleet } from './fleet.ts';
import { endProcess, type Outcome, until } from './program.ts';

/** One step: what it shows, the command, and what has to be true of its outcome. */
interface Step {
  readonly shows: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The exit code it has to have. Default 0. */
  readonly exitCode?: number;
  readonly says?: RegExp;
}

/** Takes the tour, checks every step, and says whether all of them held. Ends at the first that does not. */
export async function takeTour(fleet: DemoFleet): Promise<boolean> {
  const { home } = fleet;
  const badFile = join(home, 'bad.env');
  await writeFile(badFile, 'SERVER_NAME=delta\nSERVER_DEFAULT_PROT=16261\nSIM_PLAYERS=many\n');
  const viewer = await inviteViewer(fleet);

  const before: readonly Step[] = [
    { shows: 'the host, its engine and its servers', args: ['host', 'list'], says: /box-1\s+online.*3 servers/ },
    { shows: 'the round trip each way', args: ['host', 'ping', 'box-1'], says: /ms/ },
    { shows: 'the fleet', args: ['ps'], says: /alpha.*ready[\s\S]*bravo.*ready[\s\S]*charlie.*ready/ },
    { shows: 'one server, secrets hidden', args: ['server', 'show', 'alpha'], says: /ADMIN_PASSWORD\S*\s+set/ },
    { shows: 'the end of a log', args: ['logs', 'alpha', '--tail', '5'], says: /\S/ },
    {
      shows: 'a log, filtered',
      args: ['logs', 'alpha', '--tail', '500', '--grep', 'SERVER STARTED'],
      says: /SERVER STARTED/,
    },
    {
      shows: 'what is wrong with an env file, by line and column',
      args: ['server', 'create', 'delta', '--host', 'box-1', '--image', 'simulator', '--env-file', badFile],
      exitCode: 2,
      says: /bad\.env:2:1.*SERVER_DEFAULT_PROT[\s\S]*SERVER_DEFAULT_PORT/,
    },
    { shows: 'someone who may only look', args: ['stop', 'alpha'], env: viewer, exitCode: 3, says: /server:control/ },
  ];
  const after: readonly Step[] = [
    { shows: 'a stop that loses no world', args: ['stop', 'alpha'], says: /saved in .* \(confirmed\)/ },
    { shows: 'a start that waits until players can come in', args: ['start', 'alpha'], says: /ready/ },
    { shows: 'a restart', args: ['restart', 'bravo'], says: /ready/ },
    {
      shows: 'a kill, which says what it skipped',
      args: ['server', 'kill', 'charlie', '--yes'],
      says: /without a save/,
    },
    {
      shows: 'the compose file that runs a server without ZedOps',
      args: ['server', 'export', 'alpha'],
      says: /services:/,
    },
    { shows: 'a deletion that keeps the world', args: ['server', 'delete', 'charlie', '--yes'], says: /kept/ },
    { shows: 'what could hurt later', args: ['doctor'], says: /ok/ },
    { shows: 'who did what', args: ['audit', '--limit', '20'], says: /server\.delete[\s\S]*FORBIDDEN/ },
  ];

  for (const step of before) if (!(await take(fleet, step))) return false;
  if (!(await followThroughOutages(fleet))) return false;
  for (const step of after) if (!(await take(fleet, step))) return false;
  const save = await readFile(join(home, 'servers/alpha/data/server-console.txt'), 'utf8');
  return tell('alpha’s own console has a world in it', save.includes('SERVER STARTED'), '');
}

async function take({ program }: DemoFleet, { shows, args, env, exitCode = 0, says }: Step): Promise<boolean> {
  process.stdout.write(`\n# ${shows}\n$ zedops ${args.join(' ')}\n`);
  const outcome: Outcome = await program.run(args, env ? { env } : {});
  const text = `${outcome.stdout}${outcome.stderr}`;
  process.stdout.write(text);
  const isRight = outcome.exitCode === exitCode && (says === undefined || says.test(text));
  return tell(shows, isRight, `exit code ${outcome.exitCode}, expected ${exitCode}${says ? ` and ${says}` : ''}`);
}

function tell(what: string, isRight: boolean, why: string): boolean {
  process.stdout.write(isRight ? `✓ ${what}\n` : `✗ ${what}: ${why}\n`);
  return isRight;
}

/** Follows a log while the agent is killed and the manager restarted: every line comes once and in order. */
async function followThroughOutages(fleet: DemoFleet): Promise<boolean> {
  const shows = 'a followed log, through a killed agent and a restarted manager: each line once';
  process.stdout.write(`\n# ${shows}\n$ zedops logs alpha -f --json\n`);
  const follower = fleet.program.start(['logs', 'alpha', '-f', '--json', '--tail', '0']);
  let text = '';
  follower.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const seqs = (): number[] =>
    text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line): { seq?: unknown } => JSON.parse(line))
      .flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
  try {
    await until('lines come', async () => seqs().length > 5, 20);
    await fleet.restartAgent();
    const afterAgent = seqs().length;
    await until('lines come after the agent was killed', async () => seqs().length > afterAgent + 10, 30);
    await fleet.restartManager();
    const afterManager = seqs().length;
    await until('lines come after the manager restarted', async () => seqs().length > afterManager + 10, 60);
  } finally {
    await endProcess(follower, 'SIGINT');
  }
  const all = seqs();
  const isUnbroken = all.every((seq, index) => index === 0 || seq === (all[index - 1] ?? 0) + 1);
  process.stdout.write(`${all.length} lines, numbers ${all[0]} to ${all.at(-1)}\n`);
  return tell(shows, isUnbroken && !text.includes('"gap"'), 'a line is missing or came twice');
}

/** Makes someone who may look and do nothing else, and signs them in. */
async function inviteViewer({ program, home, url }: DemoFleet): Promise<NodeJS.ProcessEnv> {
  const env = { ZEDOPS_HOME: join(home, 'viewer') };
  const invited = await program.run(['user', 'add', 'viewer@example.org', '--role', 'viewer']);
  const code = /zo_\S+/.exec(invited.stdout)?.[0] ?? '';
  const args = ['login', url, '--code', code, '--password-stdin'];
  const { exitCode, stderr } = await program.run(args, { env, input: 'another long password\n' });
  if (exitCode !== 0) throw new Error(`the viewer could not sign in: ${stderr}`);
  return env;
}
