import type { ReactElement } from 'react';
import { Panel } from '../../components/Overlay.tsx';
import { useKeys, useSize } from '../../context.ts';
import { words } from '../../forms/form-rows.ts';
import { layers } from '../../keys/key-router.ts';

/** Rows that {@link EqualLines} takes. */
export function equalLinesRows(lines: readonly string[], columns: number): number {
  return lines.flatMap((line) => words(line, columns - 4)).length + 1;
}

/** Command lines that do what a screen does; any key closes them. */
export function EqualLines({
  title,
  lines,
  close,
}: {
  readonly title: string;
  readonly lines: readonly string[];
  readonly close: () => void;
}): ReactElement {
  const { columns } = useSize();
  useKeys(layers.dialog, () => {
    close();
    return true;
  });
  return <Panel title={title} rows={lines.flatMap((line) => words(line, columns - 4)).map((row) => [row])} />;
}
