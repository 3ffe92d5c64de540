import { type Kysely, sql } from 'kysely';

/** The first schema: hosts, servers, people, and the audit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await hosts(db);
  await servers(db);
  await people(db);
  await audit(db);
}

async function hosts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('hosts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull().check(sql`state in ('invited', 'active', 'revoked')`))
    .addColumn('key_fingerprint', 'text')
    .addColumn('certificate_serial', 'text', (column) => column.unique())
    .addColumn('previous_serial', 'text')
    .addColumn('certificate_expires_at', 'integer')
    .addColumn('invited_at', 'integer', (column) => column.notNull())
    .addColumn('joined_at', 'integer')
    .addColumn('last_seen_at', 'integer')
    .addColumn('facts', 'text')
    .execute();
  await db.schema
    .createTable('join_codes')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .addColumn('used_at', 'integer')
    .execute();
  await db.schema.createIndex('join_codes_of_host').on('join_codes').column('host_id').execute();
}

async function servers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('servers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('power', 'text', (column) => column.notNull().check(sql`power in ('on', 'off')`))
    .addColumn('template', 'text', (column) => column.notNull())
    .addColumn('reference', 'text', (column) => column.notNull())
    .addColumn('pull', 'text', (column) => column.notNull().check(sql`pull in ('missing', 'always', 'never')`))
    .addColumn('limits', 'text', (column) => column.notNull())
    .addColumn('game', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('deleted_at', 'integer')
    .addColumn('purged_at', 'integer')
    .execute();
  await db.schema
    .createIndex('server_names')
    .unique()
    .on('servers')
    .column('name')
    .where(sql.ref('purged_at'), 'is', null)
    .execute();
  await db.schema.createIndex('servers_of_host').on('servers').column('host_id').execute();
  await db.schema
    .createTable('server_env')
    .addColumn('server_id', 'text', (column) => column.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('secret', 'integer', (column) => column.notNull().check(sql`secret in (0, 1)`))
    .addPrimaryKeyConstraint('server_env_key', ['server_id', 'key'])
    .execute();
  await db.schema
    .createTable('observed')
    .addColumn('server_id', 'text', (column) => column.primaryKey().references('servers.id').onDelete('cascade'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .execute();
}

async function people(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('people')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('password_hash', 'text')
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('signed_in_at', 'integer')
    .execute();
  await db.schema
    .createTable('grants')
    .addColumn('person_id', 'text', (column) => column.notNull().references('people.id').onDelete('cascade'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('scope_kind', 'text', (column) => column.notNull())
    .addColumn('scope_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('grants_key', ['person_id', 'role', 'scope_kind', 'scope_id'])
    .execute();
  await db.schema
    .createTable('sign_in_codes')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('person_id', 'text', (column) => column.references('people.id').onDelete('cascade'))
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('person_id', 'text', (column) => column.notNull().references('people.id').onDelete('cascade'))
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .addColumn('used_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('sessions_of_person').on('sessions').column('person_id').execute();
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('person_id', 'text', (column) => column.notNull().references('people.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('permissions', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .addColumn('used_at', 'integer')
    .addUniqueConstraint('token_names', ['person_id', 'name'])
    .execute();
}

async function audit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('actor_kind', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text', (column) => column.notNull())
    .addColumn('actor_name', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('message', 'text')
    .addColumn('details', 'text', (column) => column.notNull())
    .addColumn('from_address', 'text', (column) => column.notNull())
    .addColumn('duration_ms', 'real')
    .execute();
  await db.schema.createIndex('audit_by_time').on('audit').column('at').execute();
  await db.schema.createIndex('audit_by_subject').on('audit').columns(['subject', 'at']).execute();
  await db.schema.createIndex('audit_by_actor').on('audit').columns(['actor_name', 'at']).execute();
}
