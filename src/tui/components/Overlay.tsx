import { Box } from 'ink';
import type { ReactElement } from 'react';
import { useActions, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { type Piece, paintRow, paintWhole } from '../pieces.ts';
import { Lines } from './Lines.tsx';

/** A part of the screen below the rest, with a title: what asks for an answer, or explains. */
export function Panel({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly (readonly Piece[])[];
}): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Lines
        rows={[
          paintWhole(theme, 'selected', [` ${title}`], columns),
          ...rows.map((row) => paintRow(theme, [' ', ...row], columns)),
        ]}
      />
    </Box>
  );
}

/** Rows a {@link Confirm} takes. */
export function confirmRows(warnings: readonly string[]): number {
  return warnings.length + 3;
}

/** Asks before something is done, naming what is lost and the command line that does the same. */
export function Confirm({
  title,
  warnings,
  command,
  close,
  onYes,
}: {
  readonly title: string;
  readonly warnings: readonly string[];
  readonly command: string;
  readonly close: () => void;
  readonly onYes: () => void;
}): ReactElement {
  useActions(layers.dialog, ['dialog'], {
    confirm: () => {
      close();
      onYes();
    },
    refuse: close,
  });
  const rows: Piece[][] = [
    ...warnings.map((warning): Piece[] => [['warn', warning]]),
    [['dim', command]],
    [['key', 'y'], ' yes   ', ['key', 'n'], ' no'],
  ];
  return <Panel title={`${title}?`} rows={rows} />;
}
