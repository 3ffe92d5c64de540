import type { Kysely } from 'kysely';

/** When the world of a deleted server is removed, and where it lies until then. What was deleted before is kept for good. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('servers').addColumn('purge_at', 'integer').execute();
  await db.schema.alterTable('servers').addColumn('kept_at', 'text').execute();
}
