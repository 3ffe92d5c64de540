import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where ZedOps keeps things. All absolute. */
export interface Paths {
  /** Settings file and image templates of one's own. */
  readonly config: string;
  /** The manager's database, authority and socket. */
  readonly manager: string;
  /** The agent's identity, specs and jobs. */
  readonly agent: string;
  /** Profiles of the people who sign in from this machine's account. */
  readonly client: string;
  /** What may be deleted at any time. */
  readonly cache: string;
  /** Default folder for the servers' own folders; the setting `agent.dataRoot` moves it. */
  readonly servers: string;
}

/** What the paths depend on. */
export interface PathsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home?: string;
}

/**
 * Works the folders out: all below `ZEDOPS_HOME` where that is set; else `/etc/zedops` and `/var/lib/zedops` for the
 * daemons of root, and the XDG folders for everyone's profiles and for daemons of other users.
 */
export function resolvePaths({ env, uid, home = homedir() }: PathsOptions): Paths {
  const one = env.ZEDOPS_HOME;
  if (one !== undefined && one !== '') {
    return {
      config: join(one, 'config'),
      manager: join(one, 'manager'),
      agent: join(one, 'agent'),
      client: join(one, 'client'),
      cache: join(one, 'cache'),
      servers: join(one, 'servers'),
    };
  }
  const xdg = (name: string, fallback: string): string => join(env[name] || join(home, fallback), 'zedops');
  const own = {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    state: xdg('XDG_STATE_HOME', '.local/state'),
    data: xdg('XDG_DATA_HOME', '.local/share'),
    cache: xdg('XDG_CACHE_HOME', '.cache'),
  };
  const daemon = uid === 0 ? '/var/lib/zedops' : own.state;
  return {
    config: uid === 0 ? '/etc/zedops' : own.config,
    manager: join(daemon, 'manager'),
    agent: join(daemon, 'agent'),
    client: own.config,
    cache: own.cache,
    servers: uid === 0 ? '/var/lib/zedops/servers' : join(own.data, 'servers'),
  };
}

/** The socket on which the manager serves the owner of its state folder. */
export function managerSocket(paths: Paths): string {
  return join(paths.manager, 'manager.sock');
}
