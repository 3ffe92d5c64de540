import type { ManagerClient } from '../client/connect/manager-client.ts';

/** What a person signs in with: a one-time code or an e-mail address, and a password. */
export interface SignInGiven {
  readonly url: string;
  readonly code: string | undefined;
  readonly email: string | undefined;
  readonly password: string;
}

/** The ways to a manager where none is known. Each rejects with a ZedopsError that says what to do about it. */
export interface FirstRun {
  /** Signs in. `confirm` is asked where nothing vouches for the manager but its fingerprint. */
  connect(
    given: SignInGiven,
    confirm: (fingerprint: string) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<ManagerClient>;
  /**
   * Starts manager and host of this machine in a process of their own: `demo` apart from everything else, without Docker,
   * and with one server that is a stand-in for the game. `tell` hears each step.
   */
  start(kind: 'here' | 'demo', tell: (step: string) => void, signal: AbortSignal): Promise<ManagerClient>;
}
