import { type Kysely, sql } from 'kysely';

/** Servers on their way from one host to another. What is written here decides which of the two is in force. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('relocations')
    .addColumn('server_id', 'text', (column) => column.primaryKey().references('servers.id').onDelete('cascade'))
    .addColumn('job_id', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('from_host', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('to_host', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('phase', 'text', (column) =>
      column.notNull().check(sql`phase in ('copying', 'stopped', 'switched', 'settled', 'back')`),
    )
    .execute();
}
