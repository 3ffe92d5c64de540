import type * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makeCode, makeSessionToken, parseSignInCode } from '../../protocol/codes.ts';
import { NewPassword } from '../../protocol/entities/person.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { sessionEnd, sessionShow, sessionStart, userPassword } from '../../protocol/operations/person.ts';
import { addressGroup } from '../door/address.ts';
import { type Attempts, createAttempts } from '../door/attempts.ts';
import type { Live } from '../door/live.ts';
import { type Db, inTransaction } from '../store/database.ts';
import {
  activeAdminIds,
  findPerson,
  findPersonByEmail,
  insertPerson,
  type PersonRecord,
  replaceGrants,
  setPassword,
  setSignedIn,
} from '../store/people.ts';
import { deleteSession, insertSession, sessionsOf } from '../store/sessions.ts';
import { replaceSignInCode, type SignInCode, useSignInCode } from '../store/sign-in-codes.ts';
import { hashSecret } from '../trust/hash.ts';
import type { Identity } from './identity.ts';
import type { Passwords } from './passwords.ts';

type StartRequest = z.output<typeof sessionStart.request>;
type StartReply = z.input<typeof sessionStart.reply>;

/** How people come in and leave. */
export interface SignIn {
  /**
   * Makes the one-time code of the owner, and ends an earlier one; for whoever has the manager's folder.
   * @throws ZedopsError CONFLICT when an admin can sign in already.
   */
  initOwner(): Promise<{ readonly code: string; readonly expiresAt: string }>;
  /**
   * Signs in with a code, which sets the password, or with e-mail and password; `from` is the address of whoever asks.
   * @throws ZedopsError UNAUTHENTICATED, in the same words whatever is wrong.
   */
  start(request: StartRequest, from: string): Promise<StartReply>;
  /** Who the one is that asks. */
  show(identity: Identity): z.input<typeof sessionShow.reply>;
  /** Ends the session that asks, and its live connections. @throws ZedopsError FORBIDDEN for what is no session. */
  end(identity: Identity): Promise<z.input<typeof sessionEnd.reply>>;
  /** Sets a new password and ends the person's other sessions. @throws ZedopsError UNAUTHENTICATED for a wrong one. */
  changePassword(
    identity: Identity,
    request: z.output<typeof userPassword.request>,
  ): Promise<z.input<typeof userPassword.reply>>;
}

/** What {@link createSignIn} is made of. */
export interface SignInDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly passwords: Passwords;
  /** The authority's, as `SHA256:<base64url>`. */
  readonly fingerprint: string;
  readonly live: Pick<Live, 'cut'>;
}

const day = 86_400_000;
const ownerCodeLifeMs = day;
const sessionLifeMs = 30 * day;
/** Of one person; the one that was not used longest makes room. */
const mostSessions = 50;

/** Makes the sign-in of people. */
export function createSignIn({ db, clock, passwords, fingerprint, live }: SignInDeps): SignIn {
  const byAddress = createAttempts({ clock, what: 'this address', free: 10, longestMs: 300_000 });
  const byEmail = createAttempts({ clock, what: 'people who use this e-mail', free: 5, longestMs: 60_000 });

  const open = async (tx: Db, person: PersonRecord): Promise<StartReply> => {
    const now = clock.now();
    const token = makeSessionToken();
    const expiresAt = now + sessionLifeMs;
    const oldest = (await sessionsOf(tx, person.id)).slice(mostSessions - 1);
    for (const { id } of oldest) {
      await deleteSession(tx, id);
      live.cut(`session:${id}`, 'you signed in at too many places; the oldest was signed out');
    }
    const session = { id: newId(now), hash: hashSecret(token), personId: person.id, createdAt: now, usedAt: now };
    await insertSession(tx, { ...session, expiresAt });
    await setSignedIn(tx, person.id, now);
    const actor = { kind: 'person', id: person.id, name: person.email } as const;
    return { token, actor, expiresAt: isoTime(expiresAt) };
  };

  const withCode = async (code: string, { email, password }: StartRequest): Promise<StartReply> => {
    const { text } = parseSignInCode(code);
    const chosen = NewPassword.safeParse(password);
    if (!chosen.success) throw invalidInput('The password that the code sets', chosen.error);
    const passwordHash = await passwords.hash(chosen.data);
    return inTransaction(db, async (tx) => {
      const used = await useSignInCode(tx, hashSecret(text), clock.now());
      if (!used) throw refused();
      const person = await personOf(tx, used, email, clock.now());
      await setPassword(tx, person.id, passwordHash);
      return open(tx, person);
    });
  };

  const withPassword = async (email: string, password: string): Promise<StartReply> => {
    const person = await findPersonByEmail(db, email);
    return countedBy(byEmail, email, async () => {
      if (!(await passwords.verify(password, person?.passwordHash))) throw refused();
      return inTransaction(db, async (tx) => {
        // Hashing took a while; meanwhile the person may have been removed or have changed their password.
        const still = await findPersonByEmail(tx, email);
        if (!still || still.passwordHash !== person?.passwordHash) throw refused();
        return open(tx, still);
      });
    });
  };

  return {
    initOwner: () =>
      inTransaction(db, async (tx) => {
        if ((await activeAdminIds(tx)).length > 0) throw alreadyOwned();
        const code = makeCode('sign-in', fingerprint);
        const expiresAt = clock.now() + ownerCodeLifeMs;
        await replaceSignInCode(tx, { hash: hashSecret(code), personId: undefined, expiresAt });
        return { code, expiresAt: isoTime(expiresAt) };
      }),

    async start(request, from) {
      const { code, email, password } = request;
      return countedBy(byAddress, addressGroup(from), async () => {
        if (code !== undefined) return withCode(code, request);
        if (email === undefined || password === undefined) throw incomplete();
        return withPassword(email, password);
      });
    },

    show({ actor, grants, expiresAt }) {
      return { actor, grants: [...grants], ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }) };
    },

    async end({ sessionId, tokenId }) {
      if (sessionId === undefined) throw notSignedIn(tokenId === undefined);
      await deleteSession(db, sessionId);
      live.cut(`session:${sessionId}`, 'signed out');
      return {};
    },

    async changePassword({ personId, sessionId, tokenId }, { current, next }) {
      if (personId === undefined || sessionId === undefined) throw notSignedIn(tokenId === undefined);
      const person = await findPerson(db, personId);
      if (!person) throw refused();
      await countedBy(byEmail, person.email, async () => {
        if (await passwords.verify(current, person.passwordHash)) return;
        throw new ZedopsError('UNAUTHENTICATED', 'The current password is not right');
      });
      await setPassword(db, personId, await passwords.hash(next));
      const others = (await sessionsOf(db, personId)).filter(({ id }) => id !== sessionId);
      for (const { id } of others) {
        await deleteSession(db, id);
        live.cut(`session:${id}`, 'the password was changed');
      }
      return { sessionsEnded: others.length };
    },
  };
}

/** Counts a try that is told to be wrong as failed, one that succeeds as a success, and anything else as no try. */
async function countedBy<Result>(attempts: Attempts, key: string, task: () => Promise<Result>): Promise<Result> {
  const attempt = attempts.begin(key);
  try {
    const result = await task();
    attempt.succeeded();
    return result;
  } catch (error) {
    if (!(error instanceof ZedopsError) || error.code !== 'UNAUTHENTICATED') attempt.takeBack();
    throw error;
  }
}

/** The person a code is for. The owner's is made now, with the e-mail they chose. */
async function personOf(
  tx: Db,
  { personId }: SignInCode,
  email: string | undefined,
  now: number,
): Promise<PersonRecord> {
  if (personId !== undefined) {
    const person = await findPerson(tx, personId);
    if (!person || (email !== undefined && email !== person.email)) throw refused();
    return person;
  }
  if (email === undefined) {
    throw new ZedopsError('INVALID_INPUT', 'The owner’s code also sets the e-mail to sign in with: give one');
  }
  if (await findPersonByEmail(tx, email)) {
    throw new ZedopsError('CONFLICT', `${email} is on the list already, with a code of their own`);
  }
  const person = { id: newId(now), email, passwordHash: undefined, createdAt: now, signedInAt: undefined };
  await insertPerson(tx, person);
  await replaceGrants(tx, person.id, [{ role: 'admin', scope: { kind: 'global' } }]);
  return person;
}

function refused(): ZedopsError {
  return new ZedopsError('UNAUTHENTICATED', 'Signing in failed: the e-mail, the password or the code is not right', {
    hint: 'a code works once and expires; an admin can make a new one with zedops user add',
  });
}

function incomplete(): ZedopsError {
  return new ZedopsError('INVALID_INPUT', 'Sign in with a code and a new password, or with e-mail and password');
}

function alreadyOwned(): ZedopsError {
  return new ZedopsError('CONFLICT', 'This manager has an owner already', {
    hint: 'further people: zedops user add <email> --role <role>',
  });
}

function notSignedIn(isLocal: boolean): ZedopsError {
  const who = isLocal ? 'The owner of the manager’s folder is' : 'An API token is';
  return new ZedopsError('FORBIDDEN', `${who} not signed in, so there is no session and no password`, {
    hint: 'zedops login',
  });
}
