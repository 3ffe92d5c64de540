import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { createPlaces, type Daemon, type Place } from './zedops.ts';

/** Secrets of a test's servers: none of them may turn up anywhere but where it belongs. */
export const secrets = {
  admin: 'Adm1n-canary-7f3a9c',
  rcon: 'Rc0n-canary-51bd02',
  join: 'J0in-canary-e94d77',
} as const;

/** A manager and an agent as a user sets them up, with the owner on the manager's machine and an admin far away. */
export interface Fleet {
  readonly url: string;
  readonly host: string;
  /** The manager's machine; its owner needs no login. */
  readonly owner: Place;
  /** The host. */
  readonly box: Place;
  /** Someone with nothing but the manager's address; `signIn` makes them an admin. */
  readonly far: Place;
  manager(): Daemon;
  agent(): Daemon;
  startManager(): Promise<void>;
  startAgent(): Promise<void>;
  /** A new place with no credentials at all. */
  stranger(): Promise<Place>;
  /** Writes an env file for a simulated server, on ports of its own. */
  envFile(name: string, changes?: Readonly<Record<string, string>>): Promise<string>;
  dispose(): Promise<void>;
}

/** What {@link createFleet} may be told. */
export interface FleetOptions {
  readonly runtime: 'docker' | 'process';
  readonly host?: string;
  /** Settings of the agent, by their environment names. */
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** Settings of the manager, by their environment names. */
  readonly managerEnv?: Readonly<Record<string, string>>;
  /** Words that go before every command line. */
  readonly within?: readonly string[];
}

const adminPassword = 'correct horse battery staple';

/** Sets up a fleet by the commands of the README and waits until its host is online. */
export async function createFleet({
  runtime,
  host = 'box-1',
  agentEnv,
  managerEnv,
  within,
}: FleetOptions): Promise<Fleet> {
  const places = createPlaces(within);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const owner = await places.make({ ZEDOPS_MANAGER_LISTEN: `127.0.0.1:${port}` });
  const box = await places.make({ ZEDOPS_AGENT_RUNTIME: runtime, ...agentEnv });
  const far = await places.make();
  let manager: Daemon | undefined;
  let agent: Daemon | undefined;
  const running = (daemon: Daemon | undefined): Daemon => {
    if (!daemon) throw new Error('not started');
    return daemon;
  };
  const isOnline = async (): Promise<boolean> => (await owner.run(['host', 'list'])).stdout.includes('online');

  const fleet: Fleet = {
    url,
    host,
    owner,
    box,
    far,
    manager: () => running(manager),
    agent: () => running(agent),
    async startManager() {
      const started = owner.start(['manager'], { env: managerEnv ?? {} });
      manager = started;
      await eventually('the manager to serve', async () => (await owner.run(['manager', 'show'])).exitCode === 0).catch(
        (error: unknown) => {
          throw new Error(`the manager did not start: ${started.stderr()}`, { cause: error });
        },
      );
    },
    async startAgent() {
      const started = box.start(['agent']);
      agent = started;
      await eventually('the host to be online', isOnline).catch((error: unknown) => {
        throw new Error(`the agent did not connect: ${started.stderr()}`, { cause: error });
      });
    },
    stranger: () => places.make(),
    async envFile(name, changes = {}) {
      const [game, direct, rcon] = [await freePort(), await freePort(), await freePort()];
      const values: Record<string, string> = {
        SERVER_NAME: name,
        ADMIN_PASSWORD: secrets.admin,
        SERVER_PASSWORD: secrets.join,
        RCON_PASSWORD: secrets.rcon,
        SERVER_DEFAULT_PORT: String(game),
        SERVER_UDP_PORT: String(direct),
        RCON_PORT: String(rcon),
        SIM_STARTUP_SECONDS: '0.5',
        ...changes,
      };
      const path = join(owner.home, `${name}.env`);
      await writeFile(
        path,
        Object.entries(values)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
        { mode: 0o600 },
      );
      return path;
    },
    dispose: () => places.dispose(),
  };
  try {
    const init = await owner.run(['manager', 'init']);
    const code = /zo_\S+/.exec(init.stdout)?.[0];
    if (code === undefined) throw new Error(`zedops manager init printed no code: ${init.stdout}${init.stderr}`);
    await fleet.startManager();
    const login = await far.run(['login', url, '--code', code, '--email', 'admin@example.org', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    if (login.exitCode !== 0) throw new Error(`zedops login failed: ${login.stderr}`);
    const invite = await far.run(['host', 'invite', host]);
    const line = invite.stdout.trim().split(/\s+/);
    if (line[0] !== 'zedops')
      throw new Error(`zedops host invite printed no line to run: ${invite.stdout}${invite.stderr}`);
    const join = await box.run(line.slice(1));
    if (join.exitCode !== 0) throw new Error(`zedops agent join failed: ${join.stderr}`);
    await fleet.startAgent();
    return fleet;
  } catch (error) {
    await fleet.dispose();
    throw error;
  }
}
