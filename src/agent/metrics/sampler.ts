import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type {
  HostMetrics,
  HostReading,
  HostTrendPoint,
  ServerMetrics,
  ServerTrendPoint,
} from '../../protocol/entities/metrics.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { Usage } from '../runtime/usage.ts';
import { rounded } from './host-gauge.ts';
import { createTrend, type Trend } from './trend.ts';

/** Measures this host and its servers: often while someone watches, and else just enough to know how it was. */
export interface Sampler {
  /** The newest reading; measured now where it is older than two seconds, or other servers run by now. */
  fresh(): Promise<HostReading>;
  /** Tells each reading from now on; the returned function takes that back. */
  follow(listener: (reading: HostReading) => void): () => void;
  serverTrend(serverId: string): readonly ServerTrendPoint[];
  hostTrend(): readonly HostTrendPoint[];
  /** Begins to measure by itself, until the signal it was made with. */
  begin(): void;
}

/** What {@link createSampler} is made of. */
export interface SamplerDeps {
  readonly measureHost: () => Promise<HostMetrics>;
  /** What a container uses; undefined where that is not known. */
  readonly usageOf: (container: RuntimeContainer) => Promise<Usage | undefined>;
  /** Ids of the servers of this host. */
  readonly servers: () => readonly string[];
  /** A server's container as it was last seen. */
  readonly containerOf: (serverId: string) => RuntimeContainer | undefined;
  readonly playersOf: (serverId: string) => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const watchedMs = 5_000;
const idleMs = 60_000;
const freshMs = 2_000;
/** Less time says nothing about how busy something was. */
const shortestSpanMs = 500;
const measuredAtOnce = 8;
/** What takes longer to be told is left out this time. */
const usageMs = 3_000;

interface Known {
  readonly trend: Trend<'cpusBusy' | 'memoryBytes' | 'players'>;
  before?: { readonly run: string; readonly cpuSeconds: number; readonly steady: number };
}

/** Makes the sampler; it measures when it is asked, and by itself once it has begun. */
export function createSampler(deps: SamplerDeps): Sampler {
  const { measureHost, usageOf, servers, containerOf, playersOf, clock, log, signal } = deps;
  const known = new Map<string, Known>();
  const hostTrend = createTrend(['cpusBusy', 'memoryUsedBytes', 'load']);
  const listeners = new Set<(reading: HostReading) => void>();
  let newest: { readonly reading: HostReading; readonly runs: string; readonly steady: number } | undefined;
  let measuring: Promise<HostReading> | undefined;
  let takeBack: () => void = () => undefined;
  let isGoing = false;

  const knownOf = (id: string): Known => {
    const found = known.get(id) ?? { trend: createTrend(['cpusBusy', 'memoryBytes', 'players']) };
    known.set(id, found);
    return found;
  };

  const busyOf = (entry: Known, container: RuntimeContainer, { cpuSeconds }: Usage, cpus: number) => {
    const steady = clock.steady();
    const { before } = entry;
    if (cpuSeconds === undefined) {
      delete entry.before;
      return undefined;
    }
    const run = runOf(container);
    const ms = before?.run === run ? steady - before.steady : 0;
    if (before && ms > 0 && ms < shortestSpanMs) return undefined;
    entry.before = { run, cpuSeconds, steady };
    if (!before || ms < shortestSpanMs) return undefined;
    // What a game launched may come into the count late, with all it has used before.
    return rounded(Math.min(cpus, Math.max(0, (cpuSeconds - before.cpuSeconds) / (ms / 1000))));
  };

  const asked = new Set<string>();
  /** What a container uses, unless that takes too long; one question about each at a time. */
  const usageInTime = async (container: RuntimeContainer): Promise<Usage | undefined> => {
    if (asked.has(container.id)) return undefined;
    asked.add(container.id);
    const asking = usageOf(container).finally(() => asked.delete(container.id));
    // What it comes to in the end is of no interest when it comes too late.
    asking.catch(() => undefined);
    const late = Promise.withResolvers<undefined>();
    const giveUp = clock.after(usageMs, () => late.resolve(undefined));
    return Promise.race([asking, late.promise]).finally(giveUp);
  };

  const measureServer = async (id: string, cpus: number): Promise<HostReading['servers']> => {
    const container = containerOf(id);
    if (container?.status !== 'running') return [];
    const entry = knownOf(id);
    let usage: Usage | undefined;
    try {
      usage = await usageInTime(container);
    } catch (error) {
      // It may have ended meanwhile, and an engine that does not answer is told of elsewhere.
      log.debug({ serverId: id, error: asError(error) }, 'what a server uses is not known');
    }
    const { cpusLimit, memoryBytes, memoryLimitBytes } = usage ?? {};
    const busy = usage && busyOf(entry, container, usage, cpus);
    const metrics: ServerMetrics = {
      at: isoTime(clock.now()),
      ...(busy === undefined ? {} : { cpusBusy: busy }),
      ...(cpusLimit === undefined ? {} : { cpusLimit }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
      ...(container.startedAt === undefined ? {} : { startedAt: container.startedAt }),
    };
    const players = playersOf(id);
    entry.trend.add(clock.now(), {
      ...(busy === undefined ? {} : { cpusBusy: busy }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(players === undefined ? {} : { players }),
    });
    return [{ id, ...metrics }];
  };

  /** Which servers run, each in which run of it. */
  const runsNow = (): string =>
    servers()
      .map(containerOf)
      .flatMap((container) => (container?.status === 'running' ? [runOf(container)] : []))
      .join(' ');

  const measure = async (): Promise<HostReading> => {
    const runs = runsNow();
    const ids = servers();
    const there = new Set(ids);
    for (const id of known.keys()) if (!there.has(id)) known.delete(id);
    const host = await measureHost();
    const rows: HostReading['servers'] = [];
    for (let at = 0; at < ids.length; at += measuredAtOnce) {
      const some = await Promise.all(ids.slice(at, at + measuredAtOnce).map((id) => measureServer(id, host.cpus)));
      rows.push(...some.flat());
    }
    const { cpusBusy, load, memoryTotalBytes: total, memoryAvailableBytes: available } = host;
    hostTrend.add(clock.now(), {
      ...(cpusBusy === undefined ? {} : { cpusBusy }),
      ...(total === undefined || available === undefined ? {} : { memoryUsedBytes: total - available }),
      ...(load === undefined ? {} : { load: load[0] }),
    });
    const reading = { host, servers: rows };
    newest = { reading, runs, steady: clock.steady() };
    for (const listener of [...listeners]) listener(reading);
    return reading;
  };
  const measureOnce = (): Promise<HostReading> => {
    measuring ??= measure().finally(() => {
      measuring = undefined;
    });
    return measuring;
  };
  const fresh = async (): Promise<HostReading> =>
    newest && clock.steady() - newest.steady < freshMs && newest.runs === runsNow() ? newest.reading : measureOnce();

  const plan = (ms: number): void => {
    takeBack();
    if (!isGoing || signal.aborted) return;
    takeBack = clock.after(ms, () => void goOn());
  };
  const goOn = async (): Promise<void> => {
    const isFirst = newest === undefined;
    try {
      await measureOnce();
    } catch (error) {
      log.warn({ error: asError(error) }, 'this host could not be measured');
    }
    // How busy something is takes two looks.
    plan(isFirst || listeners.size > 0 ? watchedMs : idleMs);
  };
  signal.addEventListener('abort', () => takeBack(), { once: true });

  return {
    fresh,
    follow(listener) {
      listeners.add(listener);
      if (listeners.size === 1) plan(watchedMs);
      return () => void listeners.delete(listener);
    },
    serverTrend: (id) => known.get(id)?.trend.points(clock.now()) ?? [],
    hostTrend: () => hostTrend.points(clock.now()),
    begin() {
      isGoing = true;
      plan(0);
    },
  };
}

function runOf({ id, startedAt = '' }: RuntimeContainer): string {
  return `${id} ${startedAt}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
