import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { sessionStart, userAdd } from '../../protocol/operations/person.ts';
import type { Role } from '../../protocol/permissions.ts';
import { createIdentify } from '../door/identify.ts';
import { createLive, type Live } from '../door/live.ts';
import { openStore, type Store } from '../store/database.ts';
import { type Identity, localIdentity } from './identity.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { createPeople, type People } from './people.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** Sign-in, people and tokens over a real store, with passwords that cost next to nothing, for tests. */
export interface PeopleBed {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly live: Live;
  readonly signIn: SignIn;
  readonly people: People;
  readonly tokens: Tokens;
  /** How many passwords were hashed so far, to make one or to check one. */
  hashed(): number;
  /** What happens while the next password is checked. */
  meanwhile(task: () => Promise<unknown>): void;
  /** Who a token belongs to; undefined for nobody. */
  identify(token: string): Promise<Identity | undefined>;
  /** As `identify`, of a token that someone has. @throws Error where nobody does. */
  known(token: string): Promise<Identity>;
  /** Adds a person with a role, who signs in with the password {@link goodPassword}; returns who they are. */
  arrive(email: string, role: Role, at?: { readonly host?: string; readonly server?: string }): Promise<Identity>;
  close(): Promise<void>;
}

/** The password of everyone who {@link PeopleBed.arrive}s. */
export const goodPassword = 'correct horse battery';

/** A fingerprint of an authority that never was. */
export const someFingerprint = `SHA256:${'A'.repeat(43)}`;

/** Opens the bed in a folder of its own. */
export async function openPeopleBed(): Promise<PeopleBed> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-people-'));
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  const store = await openStore(folder, clock);
  const live = createLive(clock);
  const cheap = createPasswords({ ln: 4, r: 1, p: 1 });
  let hashes = 0;
  let onNextCheck: (() => Promise<unknown>) | undefined;
  const passwords: Passwords = {
    hash(password) {
      hashes += 1;
      return cheap.hash(password);
    },
    async verify(password, hash) {
      hashes += 1;
      const task = onNextCheck;
      onNextCheck = undefined;
      await task?.();
      return cheap.verify(password, hash);
    },
  };
  const { db } = store;
  const signIn = createSignIn({ db, clock, passwords, fingerprint: someFingerprint, live });
  const people = createPeople({ db, clock, fingerprint: someFingerprint, live });
  const whoSends = createIdentify({ db, clock });
  const identify = (token: string): Promise<Identity | undefined> => whoSends(`Bearer ${token}`);
  const known = async (token: string): Promise<Identity> => {
    const identity = await identify(token);
    if (!identity) throw new Error('nobody has that token');
    return identity;
  };
  return {
    store,
    clock,
    live,
    signIn,
    people,
    tokens: createTokens({ db, clock, fingerprint: someFingerprint, live }),
    hashed: () => hashes,
    meanwhile(task) {
      onNextCheck = task;
    },
    identify,
    known,
    async arrive(email, role, at = {}) {
      const added = await people.add(localIdentity, userAdd.request.parse({ email, role, ...at }));
      const request = sessionStart.request.parse({ code: added.code, password: goodPassword });
      const { token } = await signIn.start(request, '192.0.2.1');
      return known(token);
    },
    async close() {
      live.stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The error a promise fails with; another error than ours is thrown on. */
export async function errorOf(promise: Promise<unknown>): Promise<ZedopsError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof ZedopsError) return error;
  throw error;
}
