import type { Kysely } from 'kysely';

/** Tags of servers and hosts, as a JSON list each. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['servers', 'hosts']) {
    await db.schema
      .alterTable(table)
      .addColumn('tags', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
  }
}
