/** A folder of the host, mounted read-write into a container. */
export interface SpecMount {
  readonly hostPath: string;
  readonly containerPath: string;
}

/** A port published on all of the host's addresses under the same number. */
export interface SpecPort {
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/**
 * Everything ZedOps may ask of an engine for one server. There is no field for privileges, devices, host networking or
 * the engine's socket: what cannot be said cannot be asked for.
 */
export interface ContainerSpec {
  /** `<template>-<server name>`. */
  readonly name: string;
  readonly image: string;
  /** Image template, by which the process runtime finds what to run. */
  readonly template: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly SpecMount[];
  readonly ports: readonly SpecPort[];
  readonly networks: readonly string[];
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly log: { readonly maxBytes: number; readonly files: number };
  readonly stopSeconds: number;
}
