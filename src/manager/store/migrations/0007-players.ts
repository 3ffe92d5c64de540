import type { Kysely } from 'kysely';

/** Who plays where: what events say of players, who they are, and when they were on a server. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('events').addColumn('player_name', 'text').execute();
  await db.schema.alterTable('events').addColumn('player', 'text').execute();
  await db.schema.createIndex('events_of_player').on('events').columns(['player_name', 'id']).execute();
  await db.schema
    .createTable('players')
    .addColumn('server_id', 'text', (column) => column.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    // In lower case, also outside ASCII, where SQLite itself knows none.
    .addColumn('folded_name', 'text', (column) => column.notNull())
    .addColumn('steam_id', 'text')
    .addColumn('first_seen_at', 'integer', (column) => column.notNull())
    .addColumn('last_seen_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('players_pk', ['server_id', 'name'])
    .execute();
  await db.schema.createIndex('players_by_name').on('players').column('folded_name').execute();
  await db.schema.createIndex('players_by_steam_id').on('players').column('steam_id').execute();
  await db.schema.createIndex('players_by_sight').on('players').column('last_seen_at').execute();
  await db.schema
    .createTable('player_sessions')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('server_id', 'text', (column) => column.notNull().references('servers.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('steam_id', 'text')
    .addColumn('joined_at', 'integer', (column) => column.notNull())
    // The last that was heard of the player in it, which is all there is where nobody said how it ended.
    .addColumn('seen_at', 'integer', (column) => column.notNull())
    .addColumn('left_at', 'integer')
    .addColumn('ending', 'text')
    .addColumn('deaths', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('player_sessions_of_player')
    .on('player_sessions')
    .columns(['server_id', 'name', 'id'])
    .execute();
  await db.schema.createIndex('player_sessions_by_name').on('player_sessions').columns(['name', 'id']).execute();
  await db.schema.createIndex('player_sessions_by_sight').on('player_sessions').column('seen_at').execute();
}
