import { availableParallelism, hostname, release, totalmem, type } from 'node:os';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { programVersion } from '../../platform/program-version.ts';
import type { HostFacts } from '../../protocol/entities/host.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What this machine is, kept up to date about its engine. */
export interface HostFactsKeeper {
  now(): HostFacts;
  /** Asks the engine for its version, and tells those who watch. */
  engineAnswers(): Promise<void>;
  /** Says that the engine does not answer, and why. */
  engineSilent(problem: string): void;
  subscribe(listener: (facts: HostFacts) => void): () => void;
}

/** Makes the facts of this machine. `dataRoot` is the folder below which each server has its own. */
export function createHostFacts(
  runtime: Pick<Runtime, 'kind' | 'version'>,
  dataRoot: string,
  clock: Clock,
): HostFactsKeeper {
  const listeners = new Set<(facts: HostFacts) => void>();
  let engine: Pick<HostFacts['runtime'], 'version' | 'problem'> = { problem: 'not asked yet' };
  const now = (): HostFacts => ({
    hostname: hostname(),
    platform: `${type().toLowerCase()}/${process.arch}`,
    kernel: release(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    agentVersion: programVersion,
    nodeVersion: process.version,
    dataRoot,
    runtime: { kind: runtime.kind, ...engine },
    clock: isoTime(clock.now()),
  });
  const change = (next: typeof engine): void => {
    engine = next;
    for (const listener of listeners) listener(now());
  };
  return {
    now,
    async engineAnswers() {
      change({ version: await runtime.version() });
    },
    engineSilent: (problem) => change({ problem }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
