import type * as z from 'zod';
import type { serverRename } from '../../protocol/operations/server-edit.ts';
import type { ServerChange, ServerRecord } from '../store/servers.ts';

/**
 * What a rename changes, and what takes it back. The id stays, and so does the folder: it is mounted into a container that
 * may be running, and a world is not moved for the sake of a name.
 */
export function renaming(
  server: ServerRecord,
  { name }: z.output<typeof serverRename.request>,
): { readonly change: ServerChange; readonly back: ServerChange } {
  const folder = server.folder ?? server.name;
  return {
    change: { name, folder: folder === name ? null : folder },
    back: { name: server.name, folder: server.folder ?? null },
  };
}
