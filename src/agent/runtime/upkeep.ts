/** A port of the host that leads into a container. */
export interface KeptPort {
  /** The container's own port. */
  readonly inside: number;
  readonly protocol: 'udp' | 'tcp';
  /** The address of the host; empty for all of them. */
  readonly address: string;
  readonly port: number;
}

/** A container of this host, whoever made it, as far as its upkeep goes. */
export interface KeptContainer {
  readonly name: string;
  /** Set for a container of ours. */
  readonly serverId?: string;
  readonly isStopped: boolean;
  /** Since when it does not run, in milliseconds since 1970: its end, or for one that never ran its making. */
  readonly idleSince?: number;
  /** Published by the container now, or at its next start. */
  readonly ports: readonly KeptPort[];
  /** The image as it was asked for, and what that was when the container was made. */
  readonly image: string;
  readonly imageId: string;
  /** Seconds the engine leaves it between SIGTERM and SIGKILL; absent where the engine’s own default applies. */
  readonly stopSeconds?: number;
}

/** An image as it is on this host. */
export interface KeptImage {
  readonly id: string;
  /** `sha256:…` under which registries know it; empty for one that was built or loaded here. */
  readonly digests: readonly string[];
}

/**
 * What an engine tells whoever examines its host. It only looks. Throws what {@link import('./runtime.ts').Runtime}
 * throws.
 */
export interface EngineUpkeep {
  /** Every container, running or not: at most 1,000. */
  containers(): Promise<readonly KeptContainer[]>;
  /** Names of all networks. */
  networks(): Promise<readonly string[]>;
  /** What an image's reference stands for on this host now; undefined where it is not here. */
  image(reference: string): Promise<KeptImage | undefined>;
}
