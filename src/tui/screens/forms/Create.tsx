import type { ReactElement } from 'react';
import { createKey } from '../../forms/desk-parts.ts';
import { fieldValue } from '../../forms/form.ts';
import { createCommand } from '../../forms/form-requests.ts';
import { FormScreen } from './FormScreen.tsx';

/** A new server, from the settings of its image to its first log line. */
export function Create({ rows }: { readonly rows: number }): ReactElement {
  return (
    <FormScreen
      rows={rows}
      kind={{
        key: createKey,
        title: ['new server'],
        commands: ({ form }) => [
          createCommand(form, `${fieldValue(form, 'name') || 'server'}.env`),
          'Ctrl-s saves the settings to that file; with --dry-run only the plan is shown',
        ],
      }}
    />
  );
}
