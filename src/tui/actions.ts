import type { ManagerClient } from '../client/connect/manager-client.ts';
import { runJob } from '../client/run-job.ts';
import type { Clock } from '../platform/clock.ts';
import type { StopWish } from '../protocol/entities/stop-wish.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { newId } from '../protocol/id.ts';
import type { OperationShape } from '../protocol/operation.ts';
import { serverKill, serverRestart, serverStart, serverStop } from '../protocol/operations/server.ts';
import { serverEdit } from '../protocol/operations/server-edit.ts';
import { isAllowed } from '../protocol/permissions.ts';
import type { Me, Notice, SeenServer } from './store/state.ts';

/** Something a person may do with a server from any screen that shows it. */
export interface ServerAction {
  /** Name in the key table, and subject of the operation. */
  readonly id: string;
  readonly label: string;
  readonly operation: Pick<OperationShape, 'permission' | 'effect'>;
  /** The command line that does the same. */
  readonly command: (server: Pick<SeenServer, 'name'>) => string;
  /** Why it makes no sense as the server is; undefined where it does. */
  readonly pointless: (server: SeenServer) => string | undefined;
  /** What is lost by it, one sentence a row; undefined where it needs no asking. */
  readonly warning: (server: SeenServer) => readonly string[] | undefined;
  /** It is asked how players are to be treated. */
  readonly asksHow?: true;
  /** The screen it is done on, also while the server's host is away; absent where a key is enough. */
  readonly screen?: string;
}

const isRunning = ({ state }: SeenServer): boolean =>
  ['ready', 'starting', 'stopping', 'restarting', 'paused'].includes(state);

const whoIsOnline = ({ playersOnline }: SeenServer): string =>
  playersOnline === undefined
    ? 'How many players are online is not known.'
    : playersOnline === 0
      ? 'Nobody is online.'
      : `${playersOnline} ${playersOnline === 1 ? 'player is' : 'players are'} online and will be thrown out.`;

/** Every action on a server, in the order they are listed. */
export const serverActions: readonly ServerAction[] = [
  {
    id: 'server.start',
    label: 'Start',
    operation: serverStart,
    command: ({ name }) => `zedops server start ${name}`,
    pointless: (server) => (isRunning(server) ? `${server.name} is ${server.state}` : undefined),
    warning: () => undefined,
  },
  {
    id: 'server.stop',
    label: 'Stop',
    operation: serverStop,
    command: ({ name }) => `zedops server stop ${name}`,
    pointless: ({ name, state }) => (state === 'stopped' ? `${name} is stopped` : undefined),
    warning: (server) => [whoIsOnline(server), 'The game saves and confirms it before it quits.'],
    asksHow: true,
  },
  {
    id: 'server.restart',
    label: 'Restart',
    operation: serverRestart,
    command: ({ name }) => `zedops server restart ${name}`,
    pointless: () => undefined,
    warning: (server) => [whoIsOnline(server), 'The game saves and confirms it before it quits, then it starts again.'],
    asksHow: true,
  },
  {
    id: 'server.kill',
    label: 'Kill',
    operation: serverKill,
    command: ({ name }) => `zedops server kill ${name} --yes`,
    pointless: ({ name, state }) => (state === 'stopped' ? `${name} is stopped` : undefined),
    warning: (server) => [
      whoIsOnline(server),
      'The game ends at once, without a save.',
      'What happened in it since its last save is lost.',
    ],
  },
  {
    id: 'server.edit',
    label: 'Edit',
    operation: serverEdit,
    command: ({ name }) => `zedops server edit ${name} --set KEY=value`,
    pointless: ({ name, state }) => (state === 'deleted' ? `${name} is deleted` : undefined),
    warning: () => undefined,
    screen: 'edit',
  },
];

/** Why someone cannot do something with a server now; undefined where they can. */
export function hindrance(
  action: ServerAction,
  server: SeenServer,
  me: Me | undefined,
  isReadOnly: boolean,
): string | undefined {
  if (isReadOnly) return 'ZedOps was opened with --read-only';
  const { permission } = action.operation;
  if (me === undefined) return 'what you may do is not known yet';
  const place = { kind: 'server', hostId: server.hostId, serverId: server.id } as const;
  if (permission !== 'none' && !isAllowed(me.grants, permission, place)) {
    return `needs the permission ${permission} on ${server.name}`;
  }
  if (server.state === 'unknown' && action.screen === undefined)
    return `${server.name} is unknown: ${server.detail ?? 'its host says nothing'}`;
  return action.pointless(server);
}

/** Does actions and tells how they went. */
export interface Actions {
  /** `wish` says how a stop or restart treats the players. */
  run(action: ServerAction, server: SeenServer, wish?: StopWish): Promise<void>;
}

/** What {@link createActions} needs. */
export interface ActionDeps {
  readonly client: ManagerClient;
  readonly clock: Clock;
  /** Aborted when the screens close; what has begun on an agent goes on. */
  readonly signal: AbortSignal;
  readonly notify: (notice: Pick<Notice, 'tone' | 'text'> & { readonly hint?: string | undefined }) => void;
}

/** Makes the doer of actions. Each runs as the command line's own does, and comes back to its job after an outage. */
export function createActions({ client, clock, signal, notify }: ActionDeps): Actions {
  const job = {
    open: (open: AbortSignal) => client.open(open),
    clock,
    signal,
    onStep: () => undefined,
    onConnection: () => undefined,
  };
  const perform = async (id: string, { name, id: server }: SeenServer, wish: StopWish): Promise<string> => {
    switch (id) {
      case 'server.start':
        return `${name} is ${(await runJob(serverStart, { server }, { ...job, id: newId(clock.now()) })).state}`;
      case 'server.stop': {
        const { state, saved } = await runJob(serverStop, { server, ...wish }, { ...job, id: newId(clock.now()) });
        return `${name} is ${state}${saved === 'confirmed' ? ', its world saved' : ''}`;
      }
      case 'server.restart':
        return `${name} is ${(await runJob(serverRestart, { server, ...wish }, { ...job, id: newId(clock.now()) })).state} again`;
      default: {
        const { state, wasRunning } = await client.call(serverKill, { server }, signal);
        return wasRunning ? `${name} was killed and is ${state}` : `${name} did not run`;
      }
    }
  };
  return {
    async run(action, server, wish = {}) {
      const mayWait = wish.whenEmpty === true || wish.warnSeconds !== undefined;
      notify({
        tone: 'plain',
        text: `${action.label} ${server.name}: asked${mayWait ? '; J shows how long it waits, and can take it back' : ''}`,
      });
      try {
        notify({ tone: 'good', text: await perform(action.id, server, wish) });
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        const hint = error instanceof ZedopsError ? error.hint : undefined;
        notify({ tone: 'bad', text: `${action.label} ${server.name}: ${why}`, hint });
      }
    },
  };
}
