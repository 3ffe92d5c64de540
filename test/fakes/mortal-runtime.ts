import { EngineAway } from '../../src/agent/runtime/engine-away.ts';
import type { Runtime } from '../../src/agent/runtime/runtime.ts';

/** A runtime as one agent sees it, and a way to end that agent in the middle of its work, as `kill -9` does. */
export interface MortalRuntime {
  readonly runtime: Runtime;
  /**
   * Ends the agent at its n-th deed from now on, before or after the engine has done it: no call comes back any more.
   * Resolves when that has happened.
   */
  dieAt(nth: number, when: 'before' | 'after'): Promise<void>;
  /** Has the engine not answer the n-th deed from now on, before or after it has done it; it answers again at once. */
  loseAt(nth: number, when: 'before' | 'after'): void;
  /** Ends the agent now: what it still asks for is not done, and never answered. */
  dieNow(): void;
}

/** Wraps a runtime that goes on when the agent dies. Deeds are the calls that change something. */
export function createMortalRuntime(engine: Runtime): MortalRuntime {
  let isDead = false;
  let left = Number.POSITIVE_INFINITY;
  let diesBefore = false;
  let died: () => void = () => undefined;
  let untilLost = Number.POSITIVE_INFINITY;
  let isLostBefore = false;

  const never = <Result>(): Promise<Result> => new Promise(() => undefined);
  const die = <Result>(): Promise<Result> => {
    isDead = true;
    died();
    return never();
  };
  const look = <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) => {
    return async (...given: Arguments): Promise<Result> => {
      if (isDead) return never();
      const result = await call(...given);
      return isDead ? never() : result;
    };
  };
  const deed = <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) => {
    return async (...given: Arguments): Promise<Result> => {
      if (isDead) return never();
      left -= 1;
      untilLost -= 1;
      if (left === 0 && diesBefore) return die();
      const [isLast, isLost] = [left === 0, untilLost === 0];
      if (isLost && isLostBefore) throw new EngineAway('The fake engine does not answer');
      const result = await call(...given);
      if (isLost) throw new EngineAway('The fake engine does not answer');
      return isLast ? die() : result;
    };
  };

  return {
    runtime: {
      ...engine,
      version: look(engine.version),
      inspect: look(engine.inspect),
      list: look(engine.list),
      prepare: deed(engine.prepare),
      create: deed(engine.create),
      start: deed(engine.start),
      stop: deed(engine.stop),
      kill: deed(engine.kill),
      rename: deed(engine.rename),
      remove: deed(engine.remove),
    },
    loseAt(nth, when) {
      untilLost = nth;
      isLostBefore = when === 'before';
    },
    dieNow() {
      isDead = true;
    },
    dieAt(nth, when) {
      left = nth;
      diesBefore = when === 'before';
      return new Promise((resolve) => {
        died = resolve;
      });
    },
  };
}
