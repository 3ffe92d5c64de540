import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, ServerState, StopReport } from '../../protocol/entities/server.ts';
import type { StopWish } from '../../protocol/entities/stop-wish.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ContainerSpec } from '../container-spec.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { Leave } from './farewell.ts';
import { type ReadyDeps, waitReady } from './ready.ts';
import { type StopDeps, stopServer } from './stop.ts';

/** What every step of a server's life is given. */
export interface Doing {
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** How a start ended. */
export interface Started {
  readonly state: ServerState;
  readonly readyAt: string;
}

/** A server's life on this host. Each method, run again after a crash of the agent, goes on where it was. */
export interface Lifecycle {
  /** Makes folders, image and container and, where the server is to be on, starts it. Undoes what it made when it fails. */
  create(server: DesiredServer, doing: Doing): Promise<Started | { readonly state: ServerState }>;
  /** Starts the server, making its container anew where that is gone, and waits until the game takes players. */
  start(server: DesiredServer, doing: Doing): Promise<Started>;
  /** Stops the game; with `leave`, as its players were asked to be treated. */
  stop(server: DesiredServer, doing: Doing, leave?: Leave): Promise<StopReport>;
  /** Stops and starts. A game started since `begunAt` (milliseconds since 1970) was restarted already. */
  restart(
    server: DesiredServer,
    begunAt: number,
    doing: Doing,
    wish?: StopWish,
  ): Promise<Started & { readonly stop: StopReport }>;
  /**
   * Goes on with a create that failed: what container it left is stopped and removed, because it has the old settings,
   * and made anew. One started since `begunAt` (milliseconds since 1970) is this very retry's.
   */
  retry(server: DesiredServer, begunAt: number, doing: Doing): Promise<Started | { readonly state: ServerState }>;
  /** Ends the game at once, without a save; says whether it was running. */
  kill(server: DesiredServer, doing: Doing): Promise<boolean>;
  /** Stops the server and removes its container. Its folders stay. */
  remove(server: DesiredServer, doing: Doing): Promise<StopReport>;
}

/** What {@link createLifecycle} is made of. */
export interface LifecycleDeps extends StopDeps, ReadyDeps {
  /** Builds a server's spec and refuses one that asks for what no server may have. */
  readonly specOf: (server: DesiredServer) => Promise<ContainerSpec>;
  /** Refuses a server that must not run on this host. */
  readonly refuseToRun: (server: DesiredServer) => void;
  /** Makes the folders the spec mounts; the returned function takes away those it made that are still empty. */
  readonly prepareFolders: (server: DesiredServer) => Promise<() => Promise<void>>;
  /** Writes the compose file beside the server's data; the returned function removes it where there was none before. */
  readonly writeCompose: (server: DesiredServer, spec: ContainerSpec) => Promise<() => Promise<void>>;
}

/** Makes the lives of this host's servers. */
export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { runtime, looker, intents, console } = deps;

  /** Makes sure that there is a container; where it was made now, `takeBack` removes what came with it on disk. */
  const ensureContainer = async (
    server: DesiredServer,
    { report, signal }: Doing,
  ): Promise<{ readonly container: RuntimeContainer; readonly takeBack?: () => Promise<void> }> => {
    deps.refuseToRun(server);
    const there = await looker.look(server);
    if (there) return { container: there };
    report({ step: 'checking what the container may have' });
    const spec = await deps.specOf(server);
    const undo = [await deps.prepareFolders(server)];
    const takeBack = async (): Promise<void> => {
      for (const step of undo.toReversed()) await step();
    };
    try {
      await runtime.prepare(
        spec,
        server.image.pull,
        (step, percent) => report({ step, ...(percent === undefined ? {} : { percent }) }),
        signal,
      );
      signal.throwIfAborted();
      undo.push(await deps.writeCompose(server, spec));
      report({ step: 'creating the container' });
      await runtime.create(spec);
    } catch (error) {
      await takeBack();
      throw error;
    }
    const container = await looker.look(server);
    if (!container) throw new ZedopsError('NOT_FOUND', `The container of ${server.name} vanished as it was made`);
    return { container, takeBack };
  };

  const run = async (server: DesiredServer, container: RuntimeContainer, doing: Doing): Promise<Started> => {
    intents.expectRun(server.id);
    if (container.status !== 'running') {
      console.forgetFatal(server.id);
      doing.report({ step: 'starting the game' });
      await runtime.start(container.id);
      await looker.look(server);
    }
    return { state: 'ready', readyAt: await waitReady(deps, server, doing.report, doing.signal) };
  };

  const start = async (server: DesiredServer, doing: Doing): Promise<Started> => {
    const { container } = await ensureContainer(server, doing);
    return run(server, container, doing);
  };

  const stop = (server: DesiredServer, { report, signal }: Doing, leave?: Leave): Promise<StopReport> =>
    stopServer(deps, server, report, signal, leave);

  const create = async (server: DesiredServer, doing: Doing): Promise<Started | { readonly state: ServerState }> => {
    const { container, takeBack } = await ensureContainer(server, doing);
    if (server.power === 'off') return { state: 'stopped' };
    try {
      return await run(server, container, doing);
    } catch (error) {
      // A container that never ran holds nothing; one that did holds the log of why it failed.
      const now = await looker.look(server);
      if (takeBack && now?.status === 'created') {
        await runtime.remove(now.id);
        await takeBack();
        await looker.look(server);
      }
      throw error;
    }
  };

  const remove = async (server: DesiredServer, doing: Doing): Promise<StopReport> => {
    const report = await stop(server, doing);
    const container = await looker.look(server);
    if (container) {
      doing.report({ step: 'removing the container; the world stays' });
      await runtime.remove(container.id);
      await looker.look(server);
    }
    return report;
  };

  return {
    start,
    stop,
    create,
    remove,
    async retry(server, begunAt, doing) {
      const container = await looker.look(server);
      const startedAt = container?.startedAt;
      if (container && !(startedAt !== undefined && Date.parse(startedAt) > begunAt)) await remove(server, doing);
      return create(server, doing);
    },
    async restart(server, begunAt, doing, wish = {}) {
      const container = await looker.look(server);
      const isRestarted =
        container?.status === 'running' &&
        container.startedAt !== undefined &&
        Date.parse(container.startedAt) > begunAt;
      const report: StopReport = isRestarted
        ? { state: 'stopped', saved: 'was-stopped', ended: 'was-stopped', seconds: 0 }
        : await stop(server, doing, { ...wish, kind: 'restart', begunAt });
      return { stop: report, ...(await start(server, doing)) };
    },
    async kill(server, { report }) {
      const container = await looker.look(server);
      if (!container || container.status === 'exited' || container.status === 'created') return false;
      intents.expectExit(server.id);
      report({ step: 'killing the game, without a save' });
      await runtime.kill(container.id);
      await looker.look(server);
      return true;
    },
  };
}
