import type { ReactElement } from 'react';
import { Lines } from '../components/Lines.tsx';
import { type Tui, useKeys, useNow, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { paintRow, paintWhole } from '../pieces.ts';
import { shortSpan } from '../spans.ts';
import { shellRows } from './shell-rows.ts';

/** Something that is told once and never again, such as a line with a one-time code. */
export interface OnceTold {
  readonly title: string;
  /** A line to copy. */
  readonly line: string;
  /** Milliseconds since 1970 at which it is worth nothing any more. */
  readonly expiresAt: number;
}

/** Shows it until Enter or Escape, with the time that is left. Nothing keeps it afterwards. */
export function showOnce(tui: Pick<Tui, 'open'>, told: OnceTold): void {
  // As many rows as it takes on the narrowest screen.
  tui.open({ rows: shellRows(told.line, narrowest).length + 2, render: (close) => <Once told={told} close={close} /> });
}

const narrowest = 60;

function Once({ told, close }: { readonly told: OnceTold; readonly close: () => void }): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const now = useNow(1_000);
  useKeys(layers.dialog, (name) => {
    // A key pressed too long or by mistake must not take it away.
    if (['enter', 'escape', 'q', 'ctrl+c'].includes(name)) close();
    return true;
  });
  const left = (told.expiresAt - now) / 1000;
  const age = left > 0 ? `for ${left < 3600 ? minutes(left) : shortSpan(left)} more` : 'it has expired: make another';
  const lines = shellRows(told.line, columns);
  const space = shellRows(told.line, narrowest).length;
  return (
    <Lines
      rows={[
        paintWhole(theme, 'selected', [` ${told.title}`], columns),
        ...Array.from({ length: space }, (_, index) => lines[index] ?? ''),
        paintRow(theme, [['warn', age], ['dim', ' · shown this once · '], ['key', 'Enter'], ' I have it'], columns),
      ]}
    />
  );
}

function minutes(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
