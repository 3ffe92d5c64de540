import type { ForeignMount, ForeignPort } from '../../protocol/entities/adoption.ts';
import type { ObservedContainer } from '../../protocol/entities/server.ts';

/** What an engine's list tells of a container, whoever made it. */
export interface ListedForeign {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly status: ObservedContainer['status'];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly ForeignMount[];
  readonly ports: readonly ForeignPort[];
}

/** When an engine starts a container again by itself. */
export interface RestartPolicy {
  readonly name: string;
  readonly tries: number;
}

/** All of a container that matters to whoever takes its server over. */
export interface ForeignContainer extends ListedForeign {
  readonly env: Readonly<Record<string, string>>;
  /** What its image sets; empty where the image is gone. */
  readonly imageEnv: Readonly<Record<string, string>>;
  /** Absent: without a limit. */
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly restart: RestartPolicy;
  /** Where this host reaches it; absent unless running. */
  readonly address?: string;
}

/**
 * Containers that ZedOps did not make, for adopting them and for nothing else. Whoever asks makes sure that they belong
 * to no server of ours. Never removes one. Throws what {@link import('./runtime.ts').Runtime} throws.
 */
export interface ForeignContainers {
  /** Every container of the engine, running or not. */
  list(): Promise<readonly ListedForeign[]>;
  /** One container by its id or name; undefined where there is none. */
  inspect(ref: string): Promise<ForeignContainer | undefined>;
  start(id: string): Promise<void>;
  /** Ends it: SIGTERM, and SIGKILL after `graceSeconds`. */
  stop(id: string, graceSeconds: number): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  setRestart(id: string, policy: RestartPolicy): Promise<void>;
}
