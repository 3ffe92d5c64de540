import { spawnSync } from 'node:child_process';
import { createFleet } from '../test/support/fleet.ts';
import { program } from '../test/support/zedops.ts';
import { amount, atMost, type Bench, beside, type Row } from './comparison.ts';
import { leanEnv } from './machine.ts';
import { interleave, median, percentile } from './statistics.ts';

const rounds = 40;
const warmUps = 3;

/** How long a command takes from its start to its end, beside a Node that does nothing. */
export const startUp: Bench = {
  name: 'start-up',
  method: `Wall-clock time of whole processes, ${rounds} interleaved rounds after ${warmUps} to warm up, medians. \`server list\` signs in with a profile: TLS, token, one server's answer. The same node runs all of them, NODE_EXTRA_CA_CERTS is unset. \`/bin/true\` shows what starting any process costs here.`,
  async run({ cleaner, say }) {
    const fleet = await createFleet({ runtime: 'process' });
    cleaner.add(() => fleet.dispose());
    say(`${rounds} rounds`);
    const zedops = (...args: string[]): (() => number) =>
      timed(process.execPath, ['--', program, ...args], fleet.far.env);
    const subjects = {
      '/bin/true': timed('/bin/true', []),
      'node -e 0': timed(process.execPath, ['-e', '0']),
      '--version': zedops('--version'),
      'server --help': zedops('server', '--help'),
      'server list': zedops('server', 'list'),
      'server list --json': zedops('server', 'list', '--json'),
    };
    await interleave(warmUps, subjects);
    const samples = await interleave(rounds, subjects);
    const bare = samples('node -e 0');
    const against = (name: keyof typeof subjects, limit: number): Row[] => {
      const [fastest, fastestBare] = [percentile(samples(name), 0), percentile(bare, 0)];
      return [
        atMost(limit, beside(`zedops ${name}, against node -e 0`, samples(name), bare, 'ms')),
        beside(`zedops ${name}, fastest of each`, [fastest], [fastestBare], 'ms'),
      ];
    };
    return [
      ...against('--version', 1.4),
      ...against('server --help', 1.8),
      ...against('server list', 4),
      ...against('server list --json', 4),
      { what: '/bin/true', ours: '', theirs: amount(median(samples('/bin/true')), 'ms') },
    ];
  },
};

/** Runs a command to its end and returns the milliseconds. @throws Error when it fails: a fast failure is no result. */
function timed(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): () => number {
  const options = { env: leanEnv(env), stdio: ['ignore', 'ignore', 'pipe'] as const, encoding: 'utf8' as const };
  return () => {
    const begun = performance.now();
    const { status, stderr } = spawnSync(file, args, { ...options, stdio: [...options.stdio] });
    const ms = performance.now() - begun;
    if (status !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${status}: ${stderr}`);
    return ms;
  };
}
