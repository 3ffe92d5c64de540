import { boundTo } from '../../src/agent/runtime/bound.ts';
import { EngineAway } from '../../src/agent/runtime/engine-away.ts';
import type {
  LogChunk,
  LogPosition,
  Runtime,
  RuntimeContainer,
  RuntimeEvent,
} from '../../src/agent/runtime/runtime.ts';
import type { Usage } from '../../src/agent/runtime/usage.ts';
import type { ContainerSpec } from '../../src/agent/spec/container-spec.ts';
import { originOf } from '../../src/agent/spec/spec-build.ts';
import { ZedopsError } from '../../src/protocol/errors.ts';
import { createFakeForeign, type FakeForeign } from './fake-foreign.ts';

/** A method of the runtime that a test can make fail. */
export type RuntimeMethod = Exclude<keyof Runtime, 'kind' | 'close' | 'foreign'>;

/** What a test does to a container behind the agent's back, and sees of it. */
export interface FakeContainer {
  readonly spec: ContainerSpec;
  /** Prints a line. Lines may share a time: `time` is RFC 3339 with nine decimals. */
  print(text: string, line?: { readonly isError?: boolean; readonly time?: string }): void;
  exit(exitCode: number, options?: { readonly oomKilled?: boolean }): void;
  pause(): void;
  resume(): void;
  rename(name: string): void;
  /** Has the kernel end one of its processes for want of memory; the container runs on. */
  runShort(): void;
  /** What SIGTERM does: by default the game exits with 0. */
  onTerminate(react: () => void): void;
  /** Drops the oldest lines, as log rotation does. */
  dropLines(count: number): void;
  /** Removes it as `docker rm -f` would. */
  vanish(): void;
}

/** An engine in memory, with what a test needs to move it. */
export interface FakeRuntime {
  readonly runtime: Runtime;
  /** Containers of others. */
  readonly foreign: FakeForeign;
  /** By container id, container name or server id. */
  container(key: string): FakeContainer;
  /** Every container there is, as the engine sees it, oldest first. */
  containers(): readonly {
    readonly status: RuntimeContainer['status'];
    readonly observed: RuntimeContainer;
    readonly face: FakeContainer;
  }[];
  /** Called when a container starts: where a test plays the game. */
  onStart(play: (container: FakeContainer) => void): void;
  /** Makes the next call of a method fail. */
  failNext(method: RuntimeMethod, error: Error): void;
  /** Makes every call fail, and ends watches and logs, until it is reachable again. */
  setReachable(isReachable: boolean): void;
  /** Does something on the host itself, where the engine answers whatever the agent is told. */
  byHand<Result>(act: () => Promise<Result>): Promise<Result>;
  /** Says what a container uses from now on, by its server's id; none is known before. */
  setUsage(serverId: string, usage: Usage): void;
  /** Binds a folder into a container that is not ours. */
  bindForeign(name: string, hostPath: string): void;
  /** Every call so far, as `method id-or-name`. */
  readonly calls: readonly string[];
}

interface Line {
  readonly time: string;
  readonly nth: number;
  readonly text: string;
}

interface Kept {
  observed: RuntimeContainer;
  readonly spec: ContainerSpec;
  lines: Line[];
  /** Lines dropped so far: numbers of lines stay the same when older ones go. */
  dropped: number;
  terminate: () => void;
  readonly face: FakeContainer;
}

const chunkLines = 1_000;

/**
 * Makes a runtime in memory. Time in it moves a microsecond per thing that happens, on from `start`, in milliseconds
 * since 1970; given a function, it never lags behind what that says.
 */
export function createFakeRuntime(start: number | (() => number) = Date.parse('2026-01-01T00:00:00Z')): FakeRuntime {
  const containers = new Map<string, Kept>();
  const watchers = new Set<{ readonly tell: (event: RuntimeEvent) => void; readonly breakOff: () => void }>();
  const waiting = new Set<() => void>();
  const failures = new Map<RuntimeMethod, Error[]>();
  const calls: string[] = [];
  const uses = new Map<string, Usage>();
  const bound: { readonly name: string; readonly hostPath: string }[] = [];
  let isReachable = true;
  const clock = typeof start === 'number' ? () => start : start;
  let startMs = clock();
  let microseconds = 0;
  let created = 0;
  let play: (container: FakeContainer) => void = () => undefined;

  const now = (): string => {
    microseconds += 1;
    if (clock() > startMs + Math.floor(microseconds / 1_000)) {
      startMs = clock();
      microseconds = 0;
    }
    const ms = startMs + Math.floor(microseconds / 1_000);
    return `${new Date(ms).toISOString().slice(0, 23)}${String(microseconds % 1_000).padStart(3, '0')}000Z`;
  };
  const wake = (): void => {
    for (const resume of waiting) resume();
    waiting.clear();
  };
  const change = (kept: Kept, observed: RuntimeContainer, kind: RuntimeEvent['kind']): void => {
    kept.observed = observed;
    wake();
    const event = { serverId: observed.serverId, containerId: observed.id, kind, at: now() };
    for (const { tell } of [...watchers]) tell(event);
  };
  const unreachable = (): EngineAway => new EngineAway('The fake engine does not answer');
  const enter = (method: RuntimeMethod, about = ''): void => {
    calls.push(`${method} ${about}`.trim());
    if (!isReachable) throw unreachable();
    const failure = failures.get(method)?.shift();
    if (failure) throw failure;
  };
  const need = (id: string): Kept => {
    const kept = containers.get(id);
    if (!kept) throw new ZedopsError('NOT_FOUND', `There is no container ${id.slice(0, 12)}`);
    return kept;
  };
  const refuseTakenName = (name: string): void => {
    if ([...containers.values()].some(({ observed }) => observed.name === name)) {
      throw new ZedopsError('CONFLICT', `Another container is named ${name}`);
    }
  };
  const isUp = ({ observed: { status } }: Kept): boolean => status === 'running' || status === 'paused';
  const end = (kept: Kept, exitCode: number, oomKilled = false): void => {
    if (!isUp(kept)) return;
    const { address: _, ...rest } = kept.observed;
    change(kept, { ...rest, status: 'exited', exitCode, oomKilled, finishedAt: now() }, 'exited');
  };

  const addContainer = (spec: ContainerSpec): Kept => {
    created += 1;
    const id = created.toString(16).padStart(64, 'a');
    const counts = new Map<string, number>();
    const kept: Kept = {
      spec,
      lines: [],
      dropped: 0,
      observed: {
        id,
        name: spec.name,
        image: spec.image,
        status: 'created',
        serverId: spec.labels['zedops.server.id'] ?? '',
        ...originOf(spec.labels),
      },
      terminate: () => end(kept, 0),
      face: {
        spec,
        print(text, { isError = false, time = now() } = {}) {
          const nth = (counts.get(time) ?? 0) + 1;
          counts.set(time, nth);
          kept.lines.push({ time, nth, text: `${time} ${isError ? 'e' : 'o'} ${text}` });
          wake();
        },
        exit: (exitCode, { oomKilled } = {}) => end(kept, exitCode, oomKilled),
        pause: () => change(kept, { ...kept.observed, status: 'paused' }, 'paused'),
        resume: () => change(kept, { ...kept.observed, status: 'running' }, 'resumed'),
        rename: (name) => change(kept, { ...kept.observed, name }, 'renamed'),
        runShort: () => change(kept, kept.observed, 'oom'),
        onTerminate(react) {
          kept.terminate = react;
        },
        dropLines(count) {
          kept.dropped += Math.min(count, kept.lines.length);
          kept.lines = kept.lines.slice(count);
        },
        vanish() {
          end(kept, 137);
          containers.delete(id);
          change(kept, kept.observed, 'removed');
        },
      },
    };
    containers.set(id, kept);
    return kept;
  };

  /** Number of the first line after a place. */
  const firstAfter = ({ lines, dropped }: Kept, after: LogPosition | undefined): number => {
    if (!after) return dropped;
    const at = lines.findIndex(({ time, nth }) => time === after.time && nth === after.nth);
    if (at !== -1) return dropped + at + 1;
    const later = lines.findIndex(({ time }) => time >= after.time);
    return dropped + (later === -1 ? lines.length : later);
  };

  /** Resolves when something happens that a reader may wait for. */
  const news = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });

  const foreign = createFakeForeign((call) => {
    calls.push(call);
    if (!isReachable) throw unreachable();
  });
  const runtime: Runtime = {
    kind: 'docker',
    foreign: foreign.containers,
    async version() {
      enter('version');
      return '0.0.0-fake';
    },
    async prepare(spec, _pull, report, signal) {
      enter('prepare', spec.name);
      report(`pulling ${spec.image}`, 100);
      signal.throwIfAborted();
    },
    async create(spec) {
      enter('create', spec.name);
      refuseTakenName(spec.name);
      const kept = addContainer(spec);
      change(kept, kept.observed, 'created');
      return kept.observed.id;
    },
    async start(id) {
      enter('start', id);
      const kept = need(id);
      if (isUp(kept)) return;
      const { finishedAt: _, exitCode: __, oomKilled: ___, ...rest } = kept.observed;
      change(kept, { ...rest, status: 'running', startedAt: now(), address: '127.0.0.1' }, 'started');
      play(kept.face);
    },
    async stop(id, graceSeconds) {
      enter('stop', id);
      const kept = need(id);
      if (!isUp(kept)) return;
      kept.terminate();
      const late = AbortSignal.timeout(graceSeconds * 1000);
      while (isUp(kept) && !late.aborted) await news(late);
      end(kept, 137);
    },
    async kill(id) {
      enter('kill', id);
      end(need(id), 137);
    },
    async rename(id, name) {
      enter('rename', id);
      const kept = need(id);
      if (kept.observed.name === name) return;
      refuseTakenName(name);
      change(kept, { ...kept.observed, name }, 'renamed');
    },
    async remove(id) {
      enter('remove', id);
      const kept = containers.get(id);
      if (!kept) return;
      if (isUp(kept)) throw new ZedopsError('CONFLICT', `${kept.spec.name} runs`);
      containers.delete(id);
      change(kept, kept.observed, 'removed');
    },
    async inspect(id) {
      enter('inspect', id);
      return containers.get(id)?.observed;
    },
    usage: async ({ serverId }) => uses.get(serverId),
    async list() {
      enter('list');
      return [...containers.values()].map(({ observed }) => observed);
    },
    async boundTo(folder) {
      enter('boundTo', folder);
      const own = [...containers.values()].flatMap(({ spec: { name, mounts } }) =>
        mounts.map(({ hostPath }) => ({ name, hostPath })),
      );
      return boundTo(folder, [...own, ...bound]);
    },
    async watch(onEvent, onLive, signal) {
      enter('watch');
      await new Promise<void>((resolve, reject) => {
        const watcher = {
          tell: onEvent,
          breakOff: () => {
            watchers.delete(watcher);
            reject(unreachable());
          },
        };
        watchers.add(watcher);
        signal.addEventListener(
          'abort',
          () => {
            watchers.delete(watcher);
            resolve();
          },
          { once: true },
        );
        onLive();
      });
    },
    async logs(id, { after, follow, signal }, sink) {
      enter('logs', id);
      const kept = need(id);
      let next = firstAfter(kept, after);
      while (!signal.aborted) {
        if (!isReachable) throw unreachable();
        next = Math.max(next, kept.dropped);
        const some = kept.lines.slice(next - kept.dropped, next - kept.dropped + chunkLines);
        const last = some.at(-1);
        if (last) {
          next += some.length;
          const chunk: LogChunk = {
            count: some.length,
            text: some.map(({ text }) => text).join('\n'),
            position: { time: last.time, nth: last.nth },
          };
          await sink(chunk);
        } else if (!follow || !isUp(kept)) {
          return;
        } else {
          await news(signal);
        }
      }
    },
    async exec(id, command) {
      enter('exec', id);
      throw new ZedopsError('UNSUPPORTED', `Nothing to run ${command[0] ?? ''} in ${need(id).spec.name}`);
    },
    async pipe(id, command) {
      enter('pipe', id);
      throw new ZedopsError('UNSUPPORTED', `Nothing to run ${command[0] ?? ''} in ${need(id).spec.name}`);
    },
    async close() {
      wake();
    },
  };

  return {
    runtime,
    foreign,
    calls,
    containers: () =>
      [...containers.values()].map(({ observed, face }) => ({ status: observed.status, observed, face })),
    container(key) {
      const kept = [...containers.values()].find(
        ({ observed }) => observed.id === key || observed.name === key || observed.serverId === key,
      );
      if (!kept) throw new Error(`The fake has no container ${key}`);
      return kept.face;
    },
    onStart(next) {
      play = next;
    },
    byHand(act) {
      const isReachableNow = isReachable;
      isReachable = true;
      // Every method of the fake enters before it first waits.
      const acting = act();
      isReachable = isReachableNow;
      return acting;
    },
    setUsage: (serverId, usage) => void uses.set(serverId, usage),
    bindForeign(name, hostPath) {
      bound.push({ name, hostPath });
    },
    failNext(method, error) {
      failures.set(method, [...(failures.get(method) ?? []), error]);
    },
    setReachable(next) {
      isReachable = next;
      if (next) return;
      for (const { breakOff } of [...watchers]) breakOff();
      wake();
    },
  };
}
