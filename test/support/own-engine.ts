import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './eventually.ts';

/** A Docker engine that a test may restart and kill. Nothing it does reaches the one of the machine. */
export interface OwnEngine {
  readonly socketPath: string;
  /** Words that go before a command, so that it reaches the ports of the containers. */
  readonly within: readonly string[];
  start(flags?: readonly string[]): Promise<void>;
  /** Ends the engine by a signal: SIGTERM ends its containers with it, SIGKILL leaves them as they are. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** What `docker` prints for these words. */
  docker(...args: readonly string[]): Promise<string>;
  dispose(): Promise<void>;
}

/**
 * Makes an engine with networks and mounts of its own, and gives it an image of the machine's. An engine that is started
 * beside another one in the same network takes that one's `docker0` away (with `--bridge=none`) or gives it another
 * address: in a network namespace there is none of another's. Only root can.
 */
export async function createOwnEngine(image: string): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-own-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const holder = execa(
    'unshare',
    ['--net', '--mount', 'sh', '-c', 'ip link set lo up && echo up && exec sleep 86400'],
    {
      buffer: false,
      reject: false,
      stdin: 'ignore',
    },
  );
  const namespaces = `/proc/${holder.pid}/ns`;
  const within = ['nsenter', `--net=${namespaces}/net`, '--'];
  let engine: ReturnType<typeof run> | undefined;

  function run(flags: readonly string[]) {
    return execa(
      'nsenter',
      [
        ...[`--net=${namespaces}/net`, `--mount=${namespaces}/mnt`, '--', 'dockerd', '--host', `unix://${socketPath}`],
        ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
        ...['--pidfile', join(folder, 'docker.pid'), '--iptables=false', '--ip-masq=false', '--ip-forward=false'],
        ...flags,
      ],
      { reject: false, stdin: 'ignore', maxBuffer: 64 * 1024 ** 2 },
    );
  }
  const docker: OwnEngine['docker'] = async (...args) =>
    (await execa('docker', ['--host', `unix://${socketPath}`, ...args])).stdout;

  const own: OwnEngine = {
    socketPath,
    within,
    docker,
    async start(flags = []) {
      let said = '';
      // On a busy machine containerd can take longer to start than the engine waits for it.
      for (let tries = 0; tries < 3; tries += 1) {
        const started = run(flags);
        let isOver = false;
        void started.then(() => {
          isOver = true;
        });
        const answers = await eventually('the engine to answer', async () => {
          const { exitCode } = await execa('docker', ['--host', `unix://${socketPath}`, 'version'], { reject: false });
          return exitCode === 0 ? 'yes' : isOver && 'no';
        });
        if (answers === 'yes') {
          engine = started;
          return;
        }
        said = (await started).stderr;
      }
      throw new Error(`the engine did not start: ${said}`);
    },
    async end(signal) {
      engine?.kill(signal);
      await engine;
      engine = undefined;
    },
    async dispose() {
      // What ran in containers outlives a killed engine; only an engine ends it.
      if (!engine) await own.start();
      const ids = (await docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '');
      if (ids.length > 0) await docker('rm', '--force', ...ids);
      await own.end('SIGTERM');
      holder.kill('SIGKILL');
      await holder;
      await rm(folder, { recursive: true, force: true });
    },
  };
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.then(() => reject(new Error('no namespaces could be made')), reject);
  });
  const archive = join(folder, 'image.tar');
  await execa('docker', ['save', '--output', archive, image]);
  await own.start();
  await docker('load', '--input', archive);
  await rm(archive);
  return own;
}
