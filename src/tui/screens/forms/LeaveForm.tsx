import type { ReactElement } from 'react';
import { Panel } from '../../components/Overlay.tsx';
import { useActions } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';

/** Rows that {@link LeaveForm} takes. */
export const leaveFormRows = 3;

/** Asks before a form is lost with the program. */
export function LeaveForm({ close, onYes }: { readonly close: () => void; readonly onYes: () => void }): ReactElement {
  useActions(layers.dialog, ['dialog'], { confirm: onYes, refuse: close });
  return (
    <Panel
      title="Quit?"
      rows={[
        [['warn', 'What was typed into the form is lost; Ctrl-s saves it to a file.']],
        [['key', 'y'], ' quit   ', ['key', 'n'], ' go on'],
      ]}
    />
  );
}
