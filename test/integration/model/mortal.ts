import type { Runtime } from '../../../src/agent/runtime/runtime.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { RuntimeMethod } from '../../fakes/fake-runtime.ts';

/** One process of an agent, as far as a test can end it: nothing that it asks for is answered after its death. */
export interface Life {
  isOver: boolean;
}

/** Something the engine does before it carries out a question of an agent: it may throw. */
export type Before = (method: RuntimeMethod, about: string) => void;

const never = new Promise<never>(() => undefined);

/** An engine that answers one process of an agent only while that lives. */
export function mortalRuntime(runtime: Runtime, life: Life, before: Before): Runtime {
  const ask = async <Result>(method: RuntimeMethod, about: string, call: () => Promise<Result>): Promise<Result> => {
    if (life.isOver) return never;
    try {
      before(method, about);
      const result = await call();
      return life.isOver ? await never : result;
    } catch (error) {
      if (life.isOver) return never;
      throw error;
    }
  };
  return {
    ...runtime,
    version: () => ask('version', '', () => runtime.version()),
    prepare: (spec, ...rest) => ask('prepare', spec.name, () => runtime.prepare(spec, ...rest)),
    create: (spec) => ask('create', spec.name, () => runtime.create(spec)),
    start: (id) => ask('start', id, () => runtime.start(id)),
    stop: (id, seconds) => ask('stop', id, () => runtime.stop(id, seconds)),
    kill: (id) => ask('kill', id, () => runtime.kill(id)),
    rename: (id, name) => ask('rename', id, () => runtime.rename(id, name)),
    remove: (id) => ask('remove', id, () => runtime.remove(id)),
    inspect: (id) => ask('inspect', id, () => runtime.inspect(id)),
    list: () => ask('list', '', () => runtime.list()),
    boundTo: (folder) => ask('boundTo', folder, () => runtime.boundTo(folder)),
    watch: (...watch) => ask('watch', '', () => runtime.watch(...watch)),
    logs: (id, ...rest) => ask('logs', id, () => runtime.logs(id, ...rest)),
  };
}

/** A clock whose timers die with a process. */
export function mortalClock(clock: Clock, life: Life): Clock {
  const unlessOver = (task: () => void) => (): void => {
    if (!life.isOver) task();
  };
  return {
    now: () => clock.now(),
    steady: () => clock.steady(),
    after: (ms, task) => clock.after(ms, unlessOver(task)),
    every: (ms, task) => clock.every(ms, unlessOver(task)),
  };
}
