import type { DesiredServer, ServerState, StopReport } from '../../protocol/entities/server.ts';
import type { StopWish } from '../../protocol/entities/stop-wish.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { ReportStep, RuntimeContainer } from '../runtime/runtime.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import type { Applied } from './applied.ts';
import type { Leave } from './farewell.ts';
import { type ReadyDeps, waitReady } from './ready.ts';
import { createReplacing, type Steps } from './replace.ts';
import { isUp, standingOf } from './standing.ts';
import { type StopDeps, stopServer } from './stop.ts';

/** What every step of a server's life is given. */
export interface Doing extends Steps {
  /** The request's id: what it makes bears it, so that a restarted agent knows how far it came. Absent: a new one. */
  readonly id?: string;
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
  /**
   * Starts the server, making its container anew where that is gone or does not have the newest settings, and waits
   * until the game takes players. With `asIs`, as after a crash, a container is started as it is.
   */
  start(server: DesiredServer, doing: Doing, options?: { readonly asIs: boolean }): Promise<Started>;
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
  /** Makes the container anew and puts it in the place of the old one, which comes back where the new one fails. */
  rebuild(
    server: DesiredServer,
    options: { readonly pull: boolean },
    doing: Doing,
  ): Promise<(Started | { readonly state: ServerState }) & { readonly stop?: StopReport }>;
  /** Gives the container, running or not, the name that the server has by now. */
  rename(server: DesiredServer, doing: Doing): Promise<void>;
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
  readonly applied: Applied;
  /** What the server should be by now, which may be another than when the work began. */
  readonly newest: (server: DesiredServer) => DesiredServer;
}

/** Makes the lives of this host's servers. */
export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { runtime, looker, intents, console, applied, clock } = deps;

  const stop = async (server: DesiredServer, { report, signal }: Steps, leave?: Leave): Promise<StopReport> => {
    const container = await looker.look(server);
    // The game that runs has the password and the port its container was made with, whatever was edited since.
    return stopServer(deps, applied.madeOf(server, container), report, signal, leave);
  };
  const replacing = createReplacing({ ...deps, stop });

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
      await runtime.prepare(spec, server.image.pull, toStep({ report }), signal);
      signal.throwIfAborted();
      undo.push(await deps.writeCompose(server, spec));
      await applied.note(server, []);
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

  /** Refuses to start a game beside one of the same world that someone else has started. */
  const refuseSecond = async ({ id, name }: DesiredServer): Promise<void> => {
    const { aside } = await standingOf(runtime, id);
    if (!aside || !isUp(aside)) return;
    throw new ZedopsError('CONFLICT', `The old container of ${name}, ${aside.name}, was started by someone else`, {
      hint: `two games must never share a world: zedops server rebuild ${name} stops it first`,
    });
  };

  const run = async (server: DesiredServer, container: RuntimeContainer, doing: Doing): Promise<Started> => {
    deps.refuseToRun(server);
    intents.expectRun(server.id);
    if (container.status !== 'running') {
      console.forgetFatal(server.id);
      doing.report({ step: 'starting the game' });
      await refuseSecond(server);
      await runtime.start(container.id);
      await looker.look(server);
    }
    return { state: 'ready', readyAt: await waitReady(deps, server, doing.report, doing.signal) };
  };

  /** Runs what is in place; where that fails, a container set aside for it comes back. */
  const prove = async (server: DesiredServer, container: RuntimeContainer, doing: Doing): Promise<Started> => {
    let started: Started;
    try {
      started = await run(server, container, doing);
    } catch (error) {
      throw await replacing.putBack(server, error, doing);
    }
    await replacing.finish(server);
    return started;
  };

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
    const { aside, coming } = await standingOf(runtime, server.id);
    for (const left of [...(aside ? [aside] : []), ...coming]) await runtime.remove(left.id);
    await applied.forget(server.id);
    return report;
  };

  const needed = async (server: DesiredServer): Promise<RuntimeContainer> => {
    const container = await looker.look(server);
    if (container) return container;
    throw new ZedopsError('NOT_FOUND', `The container of ${server.name} vanished as it was put in place`);
  };

  const start: Lifecycle['start'] = async (server, doing, { asIs } = { asIs: false }) => {
    deps.refuseToRun(server);
    const id = doing.id ?? newId(clock.now());
    await replacing.settle(server, id);
    const { container } = await ensureContainer(server, doing);
    const waiting = asIs || isUp(container) ? [] : applied.waiting(server, container);
    if (container.madeBy === id || !waiting || waiting.length === 0) return prove(server, container, doing);
    await replacing.replace(server, { id, pull: server.image.pull }, doing);
    const started = await prove(server, await needed(server), doing);
    await deps.writeCompose(server, await deps.specOf(server));
    return started;
  };

  const rebuild: Lifecycle['rebuild'] = async (server, { pull }, doing) => {
    deps.refuseToRun(server);
    const id = doing.id ?? newId(clock.now());
    // Cancelled before an earlier process of this agent was ended: only what it had begun to take back is left to do.
    const undone = doing.signal.aborted ? await replacing.goOnBack(server, id, doing) : undefined;
    if (undone !== undefined) throw undone;
    await replacing.settle(server, id);
    const there = await looker.look(server);
    const policy = pull ? 'always' : server.image.pull;
    let report: StopReport | undefined;
    if (!there) await ensureContainer({ ...server, image: { ...server.image, pull: policy } }, doing);
    else if (there.madeBy !== id) report = await replacing.replace(server, { id, pull: policy }, doing);
    const stopped = report === undefined || report.ended === 'was-stopped' ? {} : { stop: report };
    if (deps.newest(server).power === 'off') {
      await replacing.finish(server);
      await deps.writeCompose(server, await deps.specOf(server));
      return { state: 'stopped', ...stopped };
    }
    const started = await prove(server, await needed(server), doing);
    await deps.writeCompose(server, await deps.specOf(server));
    return { ...started, ...stopped };
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
    rebuild,
    async rename(server, { report }) {
      const container = await looker.look(server);
      if (!container) return;
      report({ step: 'renaming the container; the world stays where it is' });
      const made = applied.madeOf(server, container);
      const spec = await deps.specOf(made);
      await runtime.rename(container.id, spec.name);
      await deps.writeCompose(made, spec);
      await looker.look(server);
    },
    async restart(server, begunAt, doing, wish = {}) {
      const container = await looker.look(server);
      const isRestarted =
        container?.status === 'running' &&
        container.startedAt !== undefined &&
        Date.parse(container.startedAt) > begunAt;
      if (container && !isRestarted && (applied.waiting(server, container)?.length ?? 0) > 0) {
        // What has to be pulled is pulled while players are still in the game.
        await runtime.prepare(await deps.specOf(server), server.image.pull, toStep(doing), doing.signal);
      }
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

function toStep({ report }: Pick<Doing, 'report'>): ReportStep {
  return (step, percent) => report({ step, ...(percent === undefined ? {} : { percent }) });
}
