import type { ReactElement } from 'react';
import { useTuiState } from '../../context.ts';
import { editCommands } from '../../forms/form-requests.ts';
import { routeOf } from '../../store/state.ts';
import { FormScreen } from './FormScreen.tsx';

/** The settings of a server, with what it has; applied now or at its next start. */
export function Edit({ rows }: { readonly rows: number }): ReactElement {
  const state = useTuiState();
  const { id = '' } = routeOf(state);
  const name = state.servers.get(id)?.name ?? '';
  return (
    <FormScreen
      rows={rows}
      kind={{
        key: id,
        title: [['strong', name], '  settings'],
        commands: ({ form, server }) => editCommands(form, server?.name ?? name),
      }}
    />
  );
}
