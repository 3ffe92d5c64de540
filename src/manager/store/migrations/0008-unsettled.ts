import type { Kysely } from 'kysely';

/** New servers of which nobody knows yet whether their host has taken them: it is asked when it is back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('unsettled')
    .addColumn('server_id', 'text', (column) => column.primaryKey().references('servers.id').onDelete('cascade'))
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .execute();
}
