import { serverEdit } from '../../protocol/operations/server-edit.ts';
import { handleOnManager, serverOf } from '../gateway/context.ts';
import type { Edit } from '../servers/edit.ts';

/** Handlers of what the manager itself changes about servers. */
export function serverEditHandlers({ edit }: { readonly edit: Edit }) {
  return [handleOnManager(serverEdit, (request, context) => edit(serverOf(context), request))];
}
