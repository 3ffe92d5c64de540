import { type ChildProcess, execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../test/support/free-port.ts';
import { buildSimulatorImage } from '../image-simulator.ts';
import { createProgram, endProcess, type Program, root, until } from './program.ts';

const run = promisify(execFile);
const networks = ['zomboid-servers', 'zomboid-backend'];
const dockerSocket = '/var/run/docker.sock';

/** The demo's manager, agent and servers. */
export interface DemoFleet {
  readonly home: string;
  readonly url: string;
  readonly program: Program;
  readonly engine: string;
  /** Creates and starts simulated servers, all at once. */
  createServers(names: readonly string[]): Promise<void>;
  /** Kills the agent as a power cut would, and starts it again. */
  restartAgent(): Promise<void>;
  restartManager(): Promise<void>;
  /** Ends and removes everything the demo started. */
  dispose(): Promise<void>;
}

/** Brings manager and agent up by the very commands a user would type. */
export async function startDemoFleet(signal: AbortSignal): Promise<DemoFleet> {
  const home = await mkdtemp(join(tmpdir(), 'zedops-demo-'));
  const version = await dockerVersion();
  const before = version === undefined ? [] : await networksThere();
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const daemons: { manager?: ChildProcess; agent?: ChildProcess } = {};
  const program = createProgram({
    ZEDOPS_HOME: home,
    ZEDOPS_MANAGER_LISTEN: `127.0.0.1:${port}`,
    ZEDOPS_AGENT_RUNTIME: version === undefined ? 'process' : 'docker',
  });
  const engine = version === undefined ? 'processes (no Docker engine answers)' : `Docker ${version}`;

  const must = async (args: readonly string[], input?: string): Promise<string> => {
    if (signal.aborted) throw new Error('interrupted');
    const { exitCode, stdout, stderr } = await program.run(args, input === undefined ? {} : { input });
    if (exitCode !== 0) throw new Error(`zedops ${args.join(' ')} exited with ${exitCode}: ${stderr}`);
    return stdout;
  };
  const startDaemon = (name: 'manager' | 'agent'): void => {
    const child = program.start([name]);
    daemons[name] = child;
    // What they tell is kept beside them, for whoever wants to look.
    const told: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => told.push(chunk));
    child.on('exit', () => void writeFile(join(home, `${name}.log`), Buffer.concat(told)).catch(() => undefined));
  };
  const startManager = async (): Promise<void> => {
    startDaemon('manager');
    await until('the manager serves', async () => (await program.run(['manager', 'show'])).exitCode === 0, 20);
  };
  const startAgent = async (): Promise<void> => {
    startDaemon('agent');
    const isOnline = async (): Promise<boolean> => (await program.run(['host', 'list'])).stdout.includes('online');
    await until('the host is online', isOnline, 20);
  };
  const dispose = async (): Promise<void> => {
    process.stderr.write('Cleaning up…\n');
    const { stdout } = await program.run(['server', 'list', '--json']).catch(() => ({ stdout: '' }));
    const servers = readServers(stdout);
    await Promise.all(
      servers.map(async ({ name }) => {
        await program.run(['server', 'kill', name, '--yes']).catch(() => undefined);
        await program.run(['server', 'delete', name, '--yes']).catch(() => undefined);
      }),
    );
    if (daemons.agent) await endProcess(daemons.agent);
    if (daemons.manager) await endProcess(daemons.manager);
    if (version !== undefined) await removeLeftovers(servers, before);
    await rm(home, { recursive: true, force: true });
  };

  try {
    process.stdout.write(
      `ZedOps demo: servers run as ${engine === `Docker ${version}` ? `containers on ${engine}` : engine}.\n`,
    );
    if (version !== undefined) await buildSimulatorImage();
    const code = /zo_\S+/.exec(await must(['manager', 'init']))?.[0] ?? '';
    await startManager();
    await must(
      ['login', url, '--code', code, '--email', 'owner@example.org', '--password-stdin'],
      'a long demo password\n',
    );
    const join = (await must(['host', 'invite', 'box-1'])).trim().split(/\s+/).slice(1);
    await must(join);
    await startAgent();
  } catch (error) {
    await dispose();
    throw error;
  }

  return {
    home,
    url,
    program,
    engine,
    dispose,
    async createServers(names) {
      process.stdout.write(`Creating ${names.join(', ')}…\n`);
      const created = names.map(async (name, index) => {
        const file = join(home, `${name}.env`);
        const values = {
          SERVER_NAME: name,
          ADMIN_PASSWORD: `demo-admin-${name}`,
          SERVER_DEFAULT_PORT: String(await freePort()),
          SERVER_UDP_PORT: String(await freePort()),
          RCON_PORT: String(await freePort()),
          SIM_STARTUP_SECONDS: String(1 + index),
          SIM_PLAYERS: String(2 + index),
          SIM_LOG_RATE: '5',
        };
        const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
        await writeFile(file, text.join(''), { mode: 0o600 });
        await must([
          'server',
          'create',
          name,
          '--host',
          'box-1',
          '--image',
          'simulator',
          '--env-file',
          file,
          '--memory',
          '512m',
        ]);
      });
      await Promise.all(created);
    },
    async restartAgent() {
      if (daemons.agent) await endProcess(daemons.agent, 'SIGKILL');
      await startAgent();
    },
    async restartManager() {
      if (daemons.manager) await endProcess(daemons.manager);
      await startManager();
      const isOnline = async (): Promise<boolean> => (await program.run(['host', 'list'])).stdout.includes('online');
      await until('the host is back', isOnline, 20);
    },
  };
}

/** Puts `zedops` on a path of its own, for a shell. @returns the folder. */
export async function putOnPath(home: string): Promise<string> {
  const folder = join(home, 'path');
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh\nexec '${process.execPath}' -- '${join(root, 'bin/zedops.js')}' "$@"\n`;
  await writeFile(join(folder, 'zedops'), script, { mode: 0o755 });
  return folder;
}

interface ServerRow {
  readonly id: string;
  readonly name: string;
}

function readServers(json: string): readonly ServerRow[] {
  try {
    const { servers } = JSON.parse(json);
    return servers;
  } catch {
    return [];
  }
}

/** What a killed agent could not take away itself. Only what carries the id of one of our servers is touched. */
async function removeLeftovers(servers: readonly ServerRow[], before: readonly string[]): Promise<void> {
  for (const { id } of servers) {
    const { stdout } = await run('docker', ['ps', '--all', '--quiet', '--filter', `label=zedops.server.id=${id}`]);
    for (const container of stdout.split('\n').filter(Boolean)) await run('docker', ['rm', '--force', container]);
  }
  for (const name of networks.filter((network) => !before.includes(network))) {
    await run('docker', ['network', 'rm', name]).catch(() => undefined);
  }
}

async function networksThere(): Promise<string[]> {
  const { stdout } = await run('docker', ['network', 'ls', '--format', '{{.Name}}']);
  return stdout.split('\n');
}

function dockerVersion(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: dockerSocket, path: '/version', timeout: 2_000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        try {
          resolve(JSON.parse(body).Version);
        } catch {
          resolve(undefined);
        }
      });
    });
    asked.on('error', () => resolve(undefined));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
