import type { DesiredServer } from '../../protocol/entities/server.ts';

/** A change to what a server should be, made before its host is told of it. */
export interface DesiredChange {
  readonly server: DesiredServer;
  /** The request as the host is to have it. */
  readonly input: unknown;
  /**
   * Takes the change back because the host never took it; says whether there was something to take back. What others
   * have had the host do with the same server meanwhile may be a reason not to.
   */
  readonly undoRefused: (isInOthersHands: boolean) => Promise<boolean>;
  /** Takes back what must not stay when the host took it and failed. */
  readonly undoFailed: () => Promise<boolean>;
  /** What whoever asked is to be warned of when the work begins. */
  readonly warnings?: readonly string[];
  /** What is left to do when the host has done it. */
  readonly whenDone?: (reply: unknown) => Promise<void>;
}
