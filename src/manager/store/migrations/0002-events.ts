import type { Kysely } from 'kysely';

/** What happened in the fleet, and how far each host's own journal has been read. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('events')
    // Numbers are never used again, also where the newest rows are dropped: readers go on after the last one they have.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('heard_at', 'integer', (column) => column.notNull())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('server_id', 'text')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('job_id', 'text')
    .addColumn('crash_id', 'text')
    .execute();
  await db.schema.createIndex('events_of_server').on('events').columns(['server_id', 'id']).execute();
  await db.schema.createIndex('events_of_host').on('events').columns(['host_id', 'id']).execute();
  await db.schema.createIndex('events_by_hearing').on('events').column('heard_at').execute();
  await db.schema
    .createTable('event_cursors')
    .addColumn('host_id', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .execute();
}
