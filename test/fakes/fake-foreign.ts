import type { ForeignContainer, ForeignContainers } from '../../src/agent/runtime/foreign.ts';
import { ZedopsError } from '../../src/protocol/errors.ts';

/** A container that ZedOps did not make, as a test puts it there. */
export interface FakeForeign {
  readonly containers: ForeignContainers;
  /** Puts one there; what is not said is as plain as can be. */
  add(container: Pick<ForeignContainer, 'id' | 'name' | 'image'> & Partial<ForeignContainer>): void;
  /** All there are, as they are now. */
  all(): readonly ForeignContainer[];
  /** As it is now. */
  get(id: string): ForeignContainer;
  /** What it does when its game is told to quit. */
  exit(id: string): void;
  /** Makes the next call of a method fail. */
  failNext(method: Exclude<keyof ForeignContainers, 'list'>, error: Error): void;
}

/** Makes the containers of others in an engine in memory. `enter` is told of each call. */
export function createFakeForeign(enter: (call: string) => void): FakeForeign {
  const all = new Map<string, ForeignContainer>();
  const failures = new Map<string, Error[]>();
  const begin = (method: string, about: string): void => {
    enter(`foreign ${method} ${about}`);
    const failure = failures.get(method)?.shift();
    if (failure) throw failure;
  };
  const find = (ref: string): ForeignContainer | undefined =>
    all.get(ref) ?? [...all.values()].find(({ name }) => name === ref);
  const need = (id: string): ForeignContainer => {
    const found = find(id);
    if (!found) throw new ZedopsError('NOT_FOUND', `There is no container ${id}`);
    return found;
  };
  const change = (id: string, changes: Partial<ForeignContainer>): void => {
    const before = need(id);
    all.set(before.id, { ...before, ...changes });
  };
  return {
    get: need,
    all: () => [...all.values()],
    exit: (id) => change(id, { status: 'exited' }),
    add(container) {
      all.set(container.id, {
        ...{ status: 'running', labels: {}, mounts: [], ports: [], env: {}, imageEnv: {} },
        restart: { name: 'unless-stopped', tries: 0 },
        address: '127.0.0.1',
        ...container,
      });
    },
    failNext(method, error) {
      failures.set(method, [...(failures.get(method) ?? []), error]);
    },
    containers: {
      async list() {
        enter('foreign list');
        return [...all.values()];
      },
      async inspect(ref) {
        begin('inspect', ref);
        return find(ref);
      },
      async start(id) {
        begin('start', id);
        change(id, { status: 'running' });
      },
      async stop(id) {
        begin('stop', id);
        change(id, { status: 'exited' });
      },
      async rename(id, name) {
        begin('rename', `${id} ${name}`);
        if (find(name)) throw new ZedopsError('CONFLICT', `Another container is named ${name}`);
        change(id, { name });
      },
      async setRestart(id, policy) {
        begin('setRestart', `${id} ${policy.name}`);
        change(id, { restart: policy });
      },
    },
  };
}
