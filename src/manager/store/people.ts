import type { Selectable } from 'kysely';
import { Grant, type Role, type Scope } from '../../protocol/permissions.ts';
import { type Db, inTransaction } from './database.ts';
import type { Schema } from './schema.ts';

/** Someone who may sign in, or is invited to. Times are milliseconds since 1970. */
export interface PersonRecord {
  readonly id: string;
  readonly email: string;
  /** Undefined until the first sign-in. */
  readonly passwordHash: string | undefined;
  readonly createdAt: number;
  readonly signedInAt: number | undefined;
}

/** Puts a person on the list. */
export async function insertPerson(db: Db, person: PersonRecord): Promise<void> {
  const { passwordHash, signedInAt, ...rest } = person;
  await db
    .insertInto('people')
    .values({ ...rest, passwordHash: passwordHash ?? null, signedInAt: signedInAt ?? null })
    .execute();
}

/** Finds a person by their lower-cased e-mail address. */
export async function findPersonByEmail(db: Db, email: string): Promise<PersonRecord | undefined> {
  const row = await db.selectFrom('people').selectAll().where('email', '=', email).executeTakeFirst();
  return row && toPerson(row);
}

/** Finds a person by their id. */
export async function findPerson(db: Db, id: string): Promise<PersonRecord | undefined> {
  const row = await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPerson(row);
}

/** Everyone, by e-mail address, with their grants. For whoever may manage people. */
export async function listPeople(db: Db): Promise<readonly (PersonRecord & { readonly grants: readonly Grant[] })[]> {
  const people = await db.selectFrom('people').selectAll().orderBy('email').execute();
  const rows = await db
    .selectFrom('grants')
    .selectAll()
    .orderBy('role')
    .orderBy('scopeKind')
    .orderBy('scopeId')
    .execute();
  const grants = Map.groupBy(rows, ({ personId }) => personId);
  return people.map((row) => ({ ...toPerson(row), grants: (grants.get(row.id) ?? []).map(toGrant) }));
}

/** What a person was granted. */
export async function grantsOf(db: Db, personId: string): Promise<readonly Grant[]> {
  const rows = await db
    .selectFrom('grants')
    .selectAll()
    .where('personId', '=', personId)
    .orderBy('role')
    .orderBy('scopeKind')
    .orderBy('scopeId')
    .execute();
  return rows.map(toGrant);
}

/** Replaces all that a person was granted. */
export async function replaceGrants(db: Db, personId: string, grants: readonly Grant[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.deleteFrom('grants').where('personId', '=', personId).execute();
    for (const { role, scope } of grants) {
      await tx
        .insertInto('grants')
        .values({ personId, role, scopeKind: scope.kind, scopeId: scope.kind === 'global' ? '' : scope.id })
        .execute();
    }
  });
}

/** Sets the hash of a person's password. */
export async function setPassword(db: Db, personId: string, passwordHash: string): Promise<void> {
  await db.updateTable('people').set({ passwordHash }).where('id', '=', personId).execute();
}

/** Keeps when a person signed in last. */
export async function setSignedIn(db: Db, personId: string, at: number): Promise<void> {
  await db.updateTable('people').set({ signedInAt: at }).where('id', '=', personId).execute();
}

/** Removes a person with their grants, sessions, tokens and codes. */
export async function deletePerson(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('people').where('id', '=', personId).execute();
}

/** Ids of those who hold the admin role everywhere and have a password: who can set right what went wrong. */
export async function activeAdminIds(db: Db): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('people')
    .innerJoin('grants', 'grants.personId', 'people.id')
    .select('people.id')
    .where('grants.role', '=', 'admin' satisfies Role)
    .where('grants.scopeKind', '=', 'global' satisfies Scope['kind'])
    .where('people.passwordHash', 'is not', null)
    .execute();
  return rows.map(({ id }) => id);
}

function toPerson(row: Selectable<Schema['people']>): PersonRecord {
  const { id, email, createdAt, passwordHash, signedInAt } = row;
  return { id, email, createdAt, passwordHash: passwordHash ?? undefined, signedInAt: signedInAt ?? undefined };
}

function toGrant({ role, scopeKind, scopeId }: Selectable<Schema['grants']>): Grant {
  return Grant.parse({ role, scope: scopeKind === 'global' ? { kind: scopeKind } : { kind: scopeKind, id: scopeId } });
}
