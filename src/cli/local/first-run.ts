import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createManagerClient, type ManagerClient } from '../../client/connect/manager-client.ts';
import { findRoute, noManager } from '../../client/connect/route.ts';
import { meetManager, signIn } from '../../client/connect/sign-in.ts';
import { runJob } from '../../client/run-job.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Paths, resolvePaths } from '../../platform/files/paths.ts';
import { resolveSettings } from '../../platform/settings.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { portSuggest } from '../../protocol/operations/port.ts';
import { serverCreate, serverKill, serverList, serverStart } from '../../protocol/operations/server.ts';
import type { Context } from '../grammar/command.ts';
import { type LocalManager, startLocalManager } from './local-manager.ts';

/** What one signs in with: a one-time code or an e-mail address, and a password. */
interface Given {
  readonly url: string;
  readonly code: string | undefined;
  readonly email: string | undefined;
  readonly password: string;
}

/** The ways to a manager that the screens offer where none is known, and what has been started on one. */
export interface FirstRunParts {
  connect(
    given: Given,
    confirm: (fingerprint: string) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<ManagerClient>;
  start(kind: 'here' | 'demo', tell: (step: string) => void, signal: AbortSignal): Promise<ManagerClient>;
  /** What was started and runs. */
  started(): 'here' | 'demo' | undefined;
  /** Lets what was started run on. */
  keep(): void;
  /** Ends what was started, unless it is to run on. */
  end(): Promise<void>;
}

/** The one server of a demo. */
const demoServer = 'demo';

/** Makes the ways. */
export function createFirstRun(context: Context): FirstRunParts {
  const { paths, clock, uid, io } = context;
  let running: { readonly kind: 'here' | 'demo'; readonly manager: LocalManager } | undefined;
  const clientOf = async (where: Paths, env: Context['io']['env']): Promise<ManagerClient | undefined> => {
    const found = await findRoute({ paths: where, settings: resolveSettings(where, env), uid });
    return found && createManagerClient(found, clock);
  };
  return {
    async connect({ url, code, email, password }, confirm, signal) {
      const manager = await meetManager(paths, url, code, { confirm, fingerprint: undefined }, signal);
      await signIn(paths, manager, { code, email, password }, undefined, signal);
      const client = await clientOf(paths, io.env);
      if (!client) throw noManager();
      return client;
    },
    async start(kind, tell, signal) {
      const env = kind === 'demo' ? demoEnv(context) : io.env;
      const where = resolvePaths({ env, uid, ...(env.HOME ? { home: env.HOME } : {}) });
      tell('Starting manager and host');
      const connect = () => clientOf(where, env);
      const manager = await startLocalManager({ env, folder: where.client, connect, clock, signal });
      running = { kind, manager };
      if (kind === 'demo') {
        try {
          await startDemoServer(manager.client, clock, tell, signal);
        } catch (error) {
          running = undefined;
          await manager.end();
          throw error;
        }
      }
      return manager.client;
    },
    started: () => running?.kind,
    keep() {
      running?.manager.keep();
      running = undefined;
    },
    async end() {
      if (!running) return;
      const { kind, manager } = running;
      running = undefined;
      try {
        // A stand-in has no world that anyone would miss.
        if (kind === 'demo') await manager.client.call(serverKill, { server: demoServer });
      } finally {
        await manager.end();
      }
    },
  };
}

/** An environment in which nothing of one's own is touched: its own folder, a free port, plain processes. */
function demoEnv({ io, paths }: Context): Record<string, string | undefined> {
  const others = Object.entries(io.env).filter(
    ([name]) => !name.startsWith('ZEDOPS_') || name === 'ZEDOPS_NO_COMPILE_CACHE',
  );
  return {
    ...Object.fromEntries(others),
    ZEDOPS_HOME: join(paths.cache, 'demo'),
    ZEDOPS_MANAGER_LISTEN: '127.0.0.1:0',
    ZEDOPS_AGENT_RUNTIME: 'process',
  };
}

/** Makes the demo's server, or starts the one of an earlier demo. */
async function startDemoServer(
  client: ManagerClient,
  clock: Clock,
  tell: (step: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const job = () => ({
    open: (opening: AbortSignal) => client.open(opening),
    id: newId(clock.now()),
    clock,
    signal,
    onStep: ({ step }: { readonly step: string }) => tell(`The stand-in for the game: ${step}`),
    onConnection: () => undefined,
  });
  const { servers } = await client.call(serverList, {}, signal);
  const earlier = servers.find(({ name }) => name === demoServer);
  if (earlier) {
    if (earlier.state !== 'ready') await runJob(serverStart, { server: demoServer }, job());
    return;
  }
  const { sets } = await client.call(portSuggest, {}, signal);
  const [ports] = sets;
  if (!ports) throw new ZedopsError('CONFLICT', 'No ports are free for the demo', { hint: 'zedops ports suggest' });
  const env = {
    SERVER_NAME: demoServer,
    ADMIN_PASSWORD: randomBytes(12).toString('base64url'),
    RCON_PASSWORD: randomBytes(12).toString('base64url'),
    SERVER_DEFAULT_PORT: String(ports.game),
    SERVER_UDP_PORT: String(ports.direct),
    RCON_PORT: String(ports.rcon),
    SIM_PLAYERS: '3',
    SIM_LOG_RATE: '2',
  };
  await runJob(serverCreate, { name: demoServer, image: 'simulator', env }, job());
}
