import type * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makeCode } from '../../protocol/codes.ts';
import type { Person } from '../../protocol/entities/person.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { userAdd, userEdit, userList, userRemove } from '../../protocol/operations/person.ts';
import { type Grant, type Place, rolePermissions, type Scope } from '../../protocol/permissions.ts';
import type { Live } from '../door/live.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { findHost } from '../store/hosts.ts';
import {
  activeAdminIds,
  deletePerson,
  findPersonByEmail,
  grantsOf,
  insertPerson,
  listPeople,
  type PersonRecord,
  replaceGrants,
} from '../store/people.ts';
import { findServer } from '../store/servers.ts';
import { sessionsOf } from '../store/sessions.ts';
import { replaceSignInCode } from '../store/sign-in-codes.ts';
import { hashSecret } from '../trust/hash.ts';
import { type Identity, mayDo } from './identity.ts';

/** Who may sign in, and what for. */
export interface People {
  /**
   * Invites a person with one role, or someone who was invited and never came again with another.
   * @throws ZedopsError FORBIDDEN for a role that holds more than the one who grants it, CONFLICT for who has signed in.
   */
  add(identity: Identity, request: z.output<typeof userAdd.request>): Promise<z.input<typeof userAdd.reply>>;
  /**
   * Changes what a person may do: one role at one place, instead of all they had or besides it.
   * @throws ZedopsError FORBIDDEN for a role that holds more than the one who grants it, CONFLICT for the last admin.
   */
  edit(identity: Identity, request: z.output<typeof userEdit.request>): Promise<z.input<typeof userEdit.reply>>;
  list(): Promise<z.input<typeof userList.reply>>;
  /** Removes a person and cuts their live connections. @throws ZedopsError CONFLICT for the last admin. */
  remove(request: z.output<typeof userRemove.request>): Promise<z.input<typeof userRemove.reply>>;
}

/** What {@link createPeople} is made of. */
export interface PeopleDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** The authority's, as `SHA256:<base64url>`. */
  readonly fingerprint: string;
  readonly live: Pick<Live, 'cut'>;
}

const codeLifeMs = 3 * 86_400_000;
/** Places at which one person may have a role of their own. */
const mostGrants = 100;

/** Makes the list of people. */
export function createPeople({ db, clock, fingerprint, live }: PeopleDeps): People {
  return {
    add: (identity, { email, role, host, server }) =>
      inTransaction(db, async (tx) => {
        const now = clock.now();
        const { scope, place } = await scopeOf(tx, host, server);
        const grant = { role, scope };
        refuseMoreThanHeld(identity, grant, place);
        const known = await findPersonByEmail(tx, email);
        if (known && known.passwordHash !== undefined) throw alreadyThere(email);
        const person = known ?? {
          id: newId(now),
          email,
          passwordHash: undefined,
          createdAt: now,
          signedInAt: undefined,
        };
        if (!known) await insertPerson(tx, person);
        await replaceGrants(tx, person.id, [grant]);
        const code = makeCode('sign-in', fingerprint);
        const expiresAt = now + codeLifeMs;
        await replaceSignInCode(tx, { hash: hashSecret(code), personId: person.id, expiresAt });
        return { person: toPerson(person, [grant]), code, expiresAt: isoTime(expiresAt) };
      }),

    edit: (identity, { email, role, host, server, also }) =>
      inTransaction(db, async (tx) => {
        const person = await findPersonByEmail(tx, email);
        if (!person) throw noSuchPerson(email);
        const { scope, place } = await scopeOf(tx, host, server);
        const grant = { role, scope };
        refuseMoreThanHeld(identity, grant, place);
        const kept = also ? (await grantsOf(tx, person.id)).filter((old) => !isSameScope(old.scope, scope)) : [];
        if (kept.length >= mostGrants) {
          throw new ZedopsError('INVALID_INPUT', `${email} has roles at ${mostGrants} places, which are the most`);
        }
        const grants = [...kept, grant];
        const staysAdmin = grants.some((one) => one.role === 'admin' && one.scope.kind === 'global');
        if (!staysAdmin) await refuseLastAdmin(tx, person, 'would not be one any more');
        await replaceGrants(tx, person.id, grants);
        return { person: toPerson(person, grants) };
      }),

    async list() {
      const people = await listPeople(db);
      return { people: people.map((person) => toPerson(person, person.grants)) };
    },

    async remove({ email }) {
      const { person, sessions } = await inTransaction(db, async (tx) => {
        const found = await findPersonByEmail(tx, email);
        if (!found) throw noSuchPerson(email);
        await refuseLastAdmin(tx, found, 'cannot be removed');
        const open = await sessionsOf(tx, found.id);
        await deletePerson(tx, found.id);
        return { person: found, sessions: open.filter(({ expiresAt }) => expiresAt > clock.now()) };
      });
      live.cut(`person:${person.id}`, 'this person was removed');
      return { email, sessionsEnded: sessions.length };
    },
  };
}

async function scopeOf(
  tx: Db,
  hostRef: string | undefined,
  serverRef: string | undefined,
): Promise<{ readonly scope: Scope; readonly place: Place }> {
  if (hostRef !== undefined && serverRef !== undefined) {
    throw new ZedopsError('INVALID_INPUT', 'Give a host or a server for the role, not both');
  }
  if (hostRef !== undefined) {
    const host = await findHost(tx, hostRef);
    if (!host) throw new ZedopsError('NOT_FOUND', `There is no host ${hostRef}`, { hint: 'zedops host list' });
    return { scope: { kind: 'host', id: host.id }, place: { kind: 'host', hostId: host.id } };
  }
  if (serverRef !== undefined) {
    const server = await findServer(tx, serverRef);
    if (!server) throw new ZedopsError('NOT_FOUND', `There is no server ${serverRef}`, { hint: 'zedops server list' });
    const place = { kind: 'server', hostId: server.hostId, serverId: server.id } as const;
    return { scope: { kind: 'server', id: server.id }, place };
  }
  return { scope: { kind: 'global' }, place: { kind: 'fleet' } };
}

/** Nobody grants more than they hold; for a token that is at most what it is limited to. */
function refuseMoreThanHeld(identity: Identity, { role }: Grant, place: Place): void {
  const missing = rolePermissions[role].filter((permission) => !mayDo(identity, permission, place));
  if (missing.length === 0) return;
  throw new ZedopsError(
    'FORBIDDEN',
    `You cannot grant the role ${role} there: you lack ${missing.join(', ')} yourself`,
  );
}

function toPerson(person: PersonRecord, grants: readonly Grant[]): Person {
  return {
    id: person.id,
    email: person.email,
    grants: [...grants],
    createdAt: isoTime(person.createdAt),
    ...(person.signedInAt === undefined ? {} : { signedInAt: isoTime(person.signedInAt) }),
    invited: person.passwordHash === undefined,
  };
}

function alreadyThere(email: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${email} is on the list already and has signed in`, {
    hint: `to give them another role: zedops user edit ${email} --role <role>`,
  });
}

function noSuchPerson(email: string): ZedopsError {
  return new ZedopsError('NOT_FOUND', `There is no person ${email}`, { hint: 'zedops user list' });
}

function isSameScope(one: Scope, other: Scope): boolean {
  return one.kind === other.kind && (one.kind === 'global' || (other.kind !== 'global' && one.id === other.id));
}

async function refuseLastAdmin(tx: Db, { id, email }: PersonRecord, what: string): Promise<void> {
  const admins = await activeAdminIds(tx);
  if (admins.length !== 1 || admins[0] !== id) return;
  throw new ZedopsError('CONFLICT', `${email} is the last admin who can sign in and ${what}`, {
    hint: 'zedops user add <email> --role admin',
  });
}
