import { mostTags } from '../../protocol/entities/tag.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostTag, serverTag } from '../../protocol/operations/tag.ts';
import { handleOnManager, hostOf, serverOf } from '../gateway/context.ts';
import type { Db } from '../store/database.ts';
import { changeTags, type TaggedTable } from '../store/tags.ts';

interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Handlers of the tags of servers and hosts. */
export function tagHandlers(db: Db) {
  const change = async (table: TaggedTable, { id, name }: { id: string; name: string }, wanted: TagChange) => {
    const tags = await changeTags(db, table, id, (before) => changed(name, before, wanted));
    return { name, tags: [...tags] };
  };
  return [
    handleOnManager(serverTag, (wanted, context) => change('servers', serverOf(context), wanted)),
    handleOnManager(hostTag, (wanted, context) => change('hosts', hostOf(context), wanted)),
  ];
}

function changed(name: string, before: readonly string[], { add, remove }: TagChange): readonly string[] {
  const gone = new Set(remove);
  const tags = [...new Set([...before, ...add])].filter((tag) => !gone.has(tag)).sort();
  if (tags.length <= mostTags) return tags;
  throw new ZedopsError('INVALID_INPUT', `${name} would have ${tags.length} tags, and ${mostTags} are the most`);
}
