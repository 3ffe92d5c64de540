import type { ReactElement } from 'react';
import { Panel } from '../components/Overlay.tsx';
import { type Tui, useActions } from '../context.ts';
import { layers } from '../keys/key-router.ts';

/** Asks what becomes of what was started here, and tells whether it is to run on; nothing where one stays. */
export function askToLeave(tui: Pick<Tui, 'open'>, started: 'here' | 'demo', onLeave: (isKept: boolean) => void): void {
  tui.open({ rows: 3, render: (close) => <Leave started={started} close={close} onLeave={onLeave} /> });
}

function Leave({
  started,
  close,
  onLeave,
}: {
  readonly started: 'here' | 'demo';
  readonly close: () => void;
  readonly onLeave: (isKept: boolean) => void;
}): ReactElement {
  useActions(layers.dialog, ['dialog'], { confirm: () => onLeave(false), keep: () => onLeave(true), refuse: close });
  const what =
    started === 'demo'
      ? 'The demo that was started here ends with the screens, its server too.'
      : 'The manager that was started here ends with the screens. Games run on.';
  return (
    <Panel
      title="Leave?"
      rows={[
        [['warn', what]],
        [['key', 'y'], ' end it   ', ['key', 'k'], ' leave it running   ', ['key', 'n'], ' stay'],
      ]}
    />
  );
}
