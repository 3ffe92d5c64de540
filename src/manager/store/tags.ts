import { Tags } from '../../protocol/entities/tag.ts';
import { type Db, inTransaction } from './database.ts';
import { readJson } from './json.ts';

/** What may have tags. */
export type TaggedTable = 'servers' | 'hosts';

/**
 * Replaces the tags of a server or host by what `change` makes of them, and returns them. Tags are for people: they are
 * no part of what a server should be, and its revision stays.
 */
export function changeTags(
  db: Db,
  table: TaggedTable,
  id: string,
  change: (tags: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  return inTransaction(db, async (tx) => {
    const row = await tx.selectFrom(table).select('tags').where('id', '=', id).executeTakeFirstOrThrow();
    const tags = change(readTags(row.tags));
    await tx
      .updateTable(table)
      .set({ tags: JSON.stringify(tags) })
      .where('id', '=', id)
      .execute();
    return tags;
  });
}

/** Reads the column `tags`. */
export function readTags(text: string): readonly string[] {
  return readJson(Tags, text);
}
