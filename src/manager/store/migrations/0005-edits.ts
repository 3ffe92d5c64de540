import type { Kysely } from 'kysely';

/** Servers that are edited and renamed: the folder that keeps its name, and edits that wait for their host. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('servers').addColumn('folder', 'text').execute();
  await db.schema.alterTable('servers').addColumn('apply_revision', 'integer').execute();
}
