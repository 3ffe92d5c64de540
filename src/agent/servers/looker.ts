import { type Clock, isoTime } from '../../platform/clock.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import type { LogKeeper } from '../logs/follow.ts';
import type { ListedContainer, Runtime, RuntimeContainer, RuntimeEvent } from '../runtime/runtime.ts';
import { containerName } from '../spec/spec-build.ts';
import type { Applied } from './applied.ts';
import type { Intents } from './intents.ts';
import type { Observer } from './observer.ts';
import type { Registry } from './registry.ts';
import { isInPlace } from './standing.ts';
import type { StatusKeeper } from './status.ts';

/** Looks at containers and says what is there. The only writer of what is observed about a container. */
export interface Looker {
  /**
   * Looks at one server's container and resolves with it; undefined where there is none. An event about a container that
   * is not the one seen before has all of them listed.
   */
  look(server: DesiredServer, event?: Pick<RuntimeEvent, 'containerId'>): Promise<RuntimeContainer | undefined>;
  /** Looks at one server's container, and for others that say they are it, whatever was seen before. */
  lookAnew(server: DesiredServer): Promise<RuntimeContainer | undefined>;
  /** Looks at every server of this host. */
  lookAtAll(): Promise<void>;
  /** Says that nobody can look now, and why. */
  blind(problem: string): void;
  /** Keeps on disk what is known of the server's present run. */
  remember(server: DesiredServer): void;
  /** The container as it was last seen, with what only this host knows of it. */
  last(serverId: string): RuntimeContainer | undefined;
}

/** What {@link createLooker} is made of. */
export interface LookerOptions {
  readonly runtime: Runtime;
  readonly registry: Registry;
  readonly observer: Observer;
  readonly logs: LogKeeper;
  readonly status: StatusKeeper;
  readonly intents: Intents;
  readonly clock: Clock;
  readonly applied: Pick<Applied, 'madeOf' | 'waiting'>;
  /** Says whether the server's world is on disk. */
  readonly worldPresent: (server: DesiredServer) => Promise<boolean>;
  /** The server's own folder. */
  readonly folderOf: (server: DesiredServer) => string;
}

interface Learned {
  readonly readyAt: string | undefined;
  readonly gameVersion: string | undefined;
  readonly marker: boolean | undefined;
}

const nothingLearned: Learned = { readyAt: undefined, gameVersion: undefined, marker: undefined };

const lookedAtOnce = 8;
const mostRivals = 16;
const mostWaiting = 64;

/** Makes the looker of an agent. */
export function createLooker(options: LookerOptions): Looker {
  const { runtime, registry, observer, logs, status, intents, clock, applied, worldPresent, folderOf } = options;
  const seen = new Map<string, RuntimeContainer>();
  /** Names of the containers of each server that has more than one. */
  const rivals = new Map<string, string[]>();
  /** Runs whose output was read to its end already, by server. */
  const readRuns = new Map<string, string>();

  const readOutput = (server: DesiredServer, container: RuntimeContainer): void => {
    const run = `${container.id} ${container.startedAt ?? ''}`;
    const isRunning = container.status === 'running' || container.status === 'paused';
    if (container.status === 'created' || (!isRunning && readRuns.get(server.id) === run)) return;
    if (!isRunning) readRuns.set(server.id, run);
    logs.follow(server, container.id);
  };

  /** How often the engine has gone away: a look that began before says nothing of whether it answers now. */
  let timesBlind = 0;

  const note = async (
    server: DesiredServer,
    container: RuntimeContainer | undefined,
    timesBlindBefore: number,
  ): Promise<void> => {
    const world = {
      folder: folderOf(server),
      data: (await worldPresent(server)) ? ('present' as const) : ('missing' as const),
    };
    const before = observer.find(server.id);
    const conflict = rivals.get(server.id);
    const blind = (): string | undefined =>
      timesBlindBefore === timesBlind ? undefined : observer.find(server.id)?.blind;
    const at = isoTime(clock.now());
    if (!container) {
      seen.delete(server.id);
      observer.note(server, {
        ...world,
        container: undefined,
        appliedRevision: undefined,
        waiting: undefined,
        readyAt: undefined,
        phase: undefined,
        blind: blind(),
        conflict,
        evidence: { at, container: false },
      });
      return;
    }
    const isSameRun = before?.container?.id === container.id && before.container.startedAt === container.startedAt;
    seen.set(server.id, container);
    const { serverId: _, address: __, pid: ___, madeBy: ____, loopbackPorts: _____, ...rest } = container;
    const { revision: appliedRevision, ...shown } = rest;
    const isUp = container.status === 'running' || container.status === 'paused';
    const learned = isUp ? await learnedOf(server, container, before) : nothingLearned;
    const gathered = isSameRun ? observer.find(server.id)?.evidence : undefined;
    const marker = learned.marker === undefined ? {} : { marker: learned.marker };
    observer.note(server, {
      ...world,
      blind: blind(),
      conflict,
      container: shown,
      appliedRevision,
      waiting: applied.waiting(server, container)?.slice(0, mostWaiting),
      readyAt: learned.readyAt,
      evidence: isUp ? { at, ...marker, ...gathered, container: true } : { at, container: false },
      ...(isUp ? {} : { phase: undefined }),
      ...(learned.gameVersion === undefined ? {} : { gameVersion: learned.gameVersion }),
      ...exitOf(server, container, before),
    });
    if (isUp && learned.readyAt !== undefined) remember(server);
    // Its output has the secrets in it that it was made with.
    readOutput(applied.madeOf(server, container), container);
  };

  /** What is known of this very run, from memory or from disk: an earlier run's readiness says nothing. */
  const learnedOf = async (
    server: DesiredServer,
    { id, startedAt }: RuntimeContainer,
    before: ObservedServer | undefined,
  ): Promise<Learned> => {
    const isOfThisRun = (time: string | undefined): boolean =>
      time !== undefined && (startedAt === undefined || Date.parse(time) >= Date.parse(startedAt));
    if (before?.container !== undefined) {
      // Read again after the wait above: the game may have become ready meanwhile.
      const now = observer.find(server.id);
      const readyAt = isOfThisRun(now?.readyAt) ? now?.readyAt : undefined;
      return { readyAt, gameVersion: now?.gameVersion, marker: undefined };
    }
    const kept = await status.load(server.id);
    const isKeptRun = kept?.containerId === id && kept.startedAt === startedAt;
    const now = observer.find(server.id);
    return {
      readyAt: now?.readyAt ?? (isKeptRun ? kept.readyAt : undefined),
      gameVersion: now?.gameVersion ?? (isKeptRun ? kept.gameVersion : undefined),
      marker: isKeptRun ? kept.marker : undefined,
    };
  };

  const remember = (server: DesiredServer): void => {
    const known = observer.find(server.id);
    if (known?.container?.startedAt === undefined) return;
    status.save(server.id, {
      containerId: known.container.id,
      startedAt: known.container.startedAt,
      ...(known.readyAt === undefined ? {} : { readyAt: known.readyAt }),
      ...(known.gameVersion === undefined ? {} : { gameVersion: known.gameVersion }),
      ...(known.evidence?.marker === undefined ? {} : { marker: known.evidence.marker }),
    });
  };

  const exitOf = (
    server: DesiredServer,
    container: RuntimeContainer,
    before: ObservedServer | undefined,
  ): Pick<ObservedServer, 'lastExit'> => {
    if (container.status !== 'exited' && container.status !== 'dead') return {};
    const at = container.finishedAt;
    if (at === undefined || before?.lastExit?.at === at) return {};
    return {
      lastExit: {
        at,
        ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
        oomKilled: container.oomKilled === true,
        expected: intents.expectsExit(server.id) || server.power === 'off' || server.deleted,
      },
    };
  };

  // Looks at one server follow one another, so that an older answer never overwrites a newer one.
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = <Result>(serverId: string, task: () => Promise<Result>): Promise<Result> => {
    const turn = (turns.get(serverId) ?? Promise.resolve()).then(task);
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (turns.get(serverId) === settled) turns.delete(serverId);
      });
    turns.set(serverId, settled);
    return turn;
  };

  const newest = (server: DesiredServer): DesiredServer => registry.find(server.id) ?? server;

  // A listing is shared by all who ask before it begins: what was there when they asked is in it.
  let listing: Promise<unknown> = Promise.resolve();
  let next: Promise<readonly ListedContainer[]> | undefined;
  const listAnew = (): Promise<readonly ListedContainer[]> => {
    if (next) return next;
    const begun = listing.then(() => {
      next = undefined;
      return runtime.list();
    });
    listing = begun.catch(() => undefined);
    next = begun;
    return begun;
  };

  /** Looks where the container is thought to be, and anew where it is not or `listAgain`: it may have been made since. */
  const look = (
    server: DesiredServer,
    id: string | undefined,
    listAgain: boolean,
  ): Promise<RuntimeContainer | undefined> =>
    inTurn(server.id, async () => {
      const timesBlindBefore = timesBlind;
      const expected = id === undefined ? undefined : await runtime.inspect(id);
      if (expected && isInPlace(expected) && !listAgain && !rivals.has(server.id)) {
        await note(newest(server), expected, timesBlindBefore);
        return expected;
      }
      const ours = (await listAnew()).filter((each) => each.serverId === server.id && isInPlace(each));
      if (ours.length > 1)
        rivals.set(
          server.id,
          ours
            .map(({ name }) => name)
            .sort()
            .slice(0, mostRivals),
        );
      else rivals.delete(server.id);
      const chosen = choose(ours, newest(server), id);
      const container = chosen && (await runtime.inspect(chosen.id));
      await note(newest(server), container, timesBlindBefore);
      return container;
    });

  return {
    remember,
    last: (serverId) => seen.get(serverId),
    look(server, event) {
      const id = seen.get(server.id)?.id;
      return look(server, id, event !== undefined && event.containerId !== id);
    },
    lookAnew: (server) => look(server, seen.get(server.id)?.id, true),
    async lookAtAll() {
      // What stands beside a container while it is replaced is no rival.
      const listed = Map.groupBy((await runtime.list()).filter(isInPlace), ({ serverId }) => serverId);
      const servers = registry.all();
      const there = servers.filter(({ id }) => listed.has(id));
      for (let at = 0; at < there.length; at += lookedAtOnce) {
        await Promise.all(
          there.slice(at, at + lookedAtOnce).map((server) => {
            const [first, ...others] = listed.get(server.id) ?? [];
            return look(server, first?.id, others.length > 0);
          }),
        );
      }
      // All at once, so that one more listing does for all of them: it is what takes long, and grows with the host.
      await Promise.all(servers.filter(({ id }) => !listed.has(id)).map((server) => look(server, undefined, true)));
    },
    blind(problem) {
      timesBlind += 1;
      for (const server of registry.all()) observer.note(server, { blind: problem });
    },
  };
}

/** Which of several containers is shown for a server: the one that runs, then the one that bears its name. */
function choose(
  ours: readonly ListedContainer[],
  { image, name }: DesiredServer,
  seenId: string | undefined,
): ListedContainer | undefined {
  const running = ours.filter(({ status }) => status === 'running' || status === 'paused');
  const candidates = running.length > 0 ? running : ours;
  return (
    candidates.find((each) => each.name === containerName(image.template, name)) ??
    candidates.find(({ id }) => id === seenId) ??
    candidates[0]
  );
}
