import type { Clock } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { EngineAway, whenBack } from '../runtime/engine-away.ts';
import type { Runtime, RuntimeContainer } from '../runtime/runtime.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { madeByLabel } from '../spec/spec-build.ts';
import type { Applied } from './applied.ts';
import type { Intents } from './intents.ts';
import type { Looker } from './looker.ts';
import { asideName, comingName, isUp, nameInPlace, type Standing, standingOf } from './standing.ts';
import { abortReason } from './until.ts';

/** Where a piece of work tells its steps, and what cancels it. */
export interface Steps {
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** What {@link createReplacing} is made of. */
export interface ReplacingDeps {
  readonly runtime: Runtime;
  readonly looker: Pick<Looker, 'look'>;
  readonly intents: Intents;
  readonly applied: Applied;
  readonly clock: Clock;
  /** Stops the game that runs in the server's container, without losing its world. */
  readonly stop: (server: DesiredServer, doing: Steps) => Promise<StopReport>;
  readonly specOf: (server: DesiredServer) => Promise<ContainerSpec>;
  readonly prepareFolders: (server: DesiredServer) => Promise<() => Promise<void>>;
  /** What the server should be by now, which may be another than when the work began. */
  readonly newest: (server: DesiredServer) => DesiredServer;
}

/** How a container is replaced. */
export interface ReplaceOptions {
  /** The request's: it marks what it makes, so that a restarted agent knows what is whose. */
  readonly id: string;
  readonly pull: 'missing' | 'always' | 'never';
}

/**
 * Puts a new container in the place of a server's old one. Every state between two steps can be told from the names of
 * the containers alone, so that an agent killed anywhere goes on from there. At no time do two of them run: the old one
 * is stopped before it makes room, and the new one is started only in its place.
 */
export interface Replacing {
  /**
   * Tidies up what an earlier replacement left: what never got in place is removed, an old container without a successor
   * is in place again. What the request `id` itself had begun is left for it to go on with.
   */
  settle(server: DesiredServer, id: string): Promise<void>;
  /**
   * Makes a new container while the old one runs, stops the old one and sets it aside, and puts the new one in its place,
   * not started. When it fails, or is cancelled, all is as it was.
   */
  replace(server: DesiredServer, options: ReplaceOptions, doing: Steps): Promise<StopReport>;
  /**
   * Goes back to the container set aside, if there is one, and starts it where the server is to be on.
   * @returns the error to throw, which says so.
   */
  putBack(server: DesiredServer, cause: unknown, doing: Steps): Promise<unknown>;
  /**
   * As `putBack`, for what was cancelled before an agent was killed, anywhere: the game that was stopped for it runs again.
   * @returns undefined where the replacement of the request `id` is whole, so that there is nothing to go back to.
   */
  goOnBack(server: DesiredServer, id: string, doing: Steps): Promise<unknown>;
  /** Removes the container set aside: the new one has proved itself. @throws ZedopsError where the engine keeps refusing. */
  finish(server: DesiredServer): Promise<void>;
}

/** How often it is tried to remove a container before that is called a failure. */
const removalTries = 3;

/** Makes what replaces containers. Whoever calls it holds the server's lock. */
export function createReplacing(deps: ReplacingDeps): Replacing {
  const { runtime, looker, intents, applied, clock, newest } = deps;
  const standing = (server: DesiredServer): Promise<Standing> => standingOf(runtime, server.id);

  const removeAll = async (containers: readonly RuntimeContainer[]): Promise<void> => {
    for (const { id } of containers) await runtime.remove(id);
  };

  const settle = async (server: DesiredServer, id: string): Promise<void> => {
    const { inPlace, aside, coming } = await standing(server);
    if (inPlace || !aside) {
      await removeAll(coming);
      return;
    }
    const successor = coming.find(({ madeBy }) => madeBy === id);
    await removeAll(coming.filter((one) => one !== successor));
    const next = successor ?? aside;
    await runtime.rename(next.id, nameInPlace(next.name));
    await looker.look(server);
  };

  const goBack = async (server: DesiredServer, doing: Steps, isBegun: boolean): Promise<boolean> => {
    const { inPlace, aside, coming } = await standing(server);
    if (!isBegun && !aside && coming.length === 0) return false;
    doing.report({ step: 'going back to the old container' });
    await removeAll(coming);
    if (aside) {
      if (inPlace) {
        await deps.stop(server, doing);
        await runtime.remove(inPlace.id);
      }
      await runtime.rename(aside.id, nameInPlace(aside.name));
    }
    const old = await looker.look(server);
    const { power, deleted } = newest(server);
    if (old && !isUp(old) && power === 'on' && !deleted) {
      intents.expectRun(server.id);
      await runtime.start(old.id);
      await looker.look(server);
    }
    return true;
  };

  const comeBack = async (
    server: DesiredServer,
    cause: unknown,
    { report }: Steps,
    isBegun: boolean,
  ): Promise<unknown> => {
    // Whoever cancels the work does not mean to cancel its undoing.
    const doing = { report, signal: new AbortController().signal };
    try {
      if (!(await whenBack(() => goBack(server, doing, isBegun), { clock, tries: removalTries }))) return cause;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return new ZedopsError('INTERNAL', `${messageOf(cause)}; and its old container could not be put back: ${why}`, {
        hint: `zedops server start ${server.name} puts it back as soon as it can`,
        cause,
      });
    }
    if (!(cause instanceof ZedopsError)) return cause;
    const hint = cause.code === 'CANCELLED' ? undefined : `zedops server edit ${server.name} mends the settings`;
    return new ZedopsError(cause.code, `${cause.message}; ${server.name} has its old container again`, {
      hint: cause.hint ?? hint,
      cause,
    });
  };

  const putBack: Replacing['putBack'] = (server, cause, doing) => comeBack(server, cause, doing, false);

  const make = async (
    server: DesiredServer,
    { id, pull }: ReplaceOptions,
    { report, signal }: Steps,
  ): Promise<{ readonly id: string; readonly name: string }> => {
    report({ step: 'checking what the container may have' });
    const spec = await deps.specOf(server);
    const takeBackFolders = await deps.prepareFolders(server);
    let isAsked = false;
    try {
      await runtime.prepare(
        spec,
        pull,
        (step, percent) => report({ step, ...(percent === undefined ? {} : { percent }) }),
        signal,
      );
      signal.throwIfAborted();
      const { inPlace, aside } = await standing(server);
      await applied.note(
        server,
        [inPlace, aside].flatMap((container) => container?.revision ?? []),
      );
      report({ step: 'creating the new container beside the old one' });
      const labels = { ...spec.labels, [madeByLabel]: id };
      isAsked = true;
      return { id: await runtime.create({ ...spec, name: comingName(spec.name, id), labels }), name: spec.name };
    } catch (error) {
      await takeBackFolders();
      // An engine that went away may have made it all the same.
      throw error instanceof EngineAway && isAsked ? await putBack(server, error, { report, signal }) : error;
    }
  };

  const finish: Replacing['finish'] = async (server) => {
    const removeOld = async (): Promise<void> => {
      const { inPlace, aside } = await standing(server);
      if (inPlace && aside) await runtime.remove(aside.id);
    };
    try {
      await whenBack(removeOld, { clock, tries: removalTries });
    } catch (error) {
      throw new ZedopsError(
        error instanceof ZedopsError ? error.code : 'INTERNAL',
        `${server.name} has its new container, and the old one could not be removed: ${messageOf(error)}`,
        { hint: `zedops server rebuild ${server.name} tries that again`, cause: error },
      );
    }
  };

  return {
    settle,
    putBack,
    async goOnBack(server, id, doing) {
      const { inPlace, aside } = await standing(server);
      if (inPlace?.madeBy === id && !aside) return undefined;
      return comeBack(server, abortReason(doing.signal), doing, true);
    },
    async replace(server, options, doing) {
      const { signal } = doing;
      // The server has lived in the one in place since; two old ones could not be told apart.
      await finish(server);
      const made = await make(server, options, doing);
      try {
        signal.throwIfAborted();
        const report = await deps.stop(server, doing);
        signal.throwIfAborted();
        const { inPlace } = await standing(server);
        doing.report({ step: 'putting the new container in the place of the old one' });
        if (inPlace) await runtime.rename(inPlace.id, asideName(inPlace.name, options.id));
        await runtime.rename(made.id, made.name);
        await looker.look(server);
        return report;
      } catch (error) {
        throw await putBack(server, error, doing);
      }
    },
    finish,
  };
}

function messageOf(error: unknown): string {
  return error instanceof ZedopsError ? error.message : 'ZedOps failed; the agent’s log has the cause';
}
