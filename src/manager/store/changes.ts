import { sql } from 'kysely';
import type { Db } from './database.ts';

/** How many rows this process has written since it opened the store: while it stays the same, nothing in it has changed. */
export async function changesSoFar(db: Db): Promise<number> {
  const { rows } = await sql<{ readonly changes: number }>`select total_changes() as changes`.execute(db);
  return rows[0]?.changes ?? 0;
}
