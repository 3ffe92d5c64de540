import { Box, Text } from 'ink';
import type { ReactElement } from 'react';

/** Rows that have been painted to their width. */
export function Lines({ rows }: { readonly rows: readonly string[] }): ReactElement | null {
  if (rows.length === 0) return null;
  // An empty row is no row to Ink.
  return (
    <Box flexShrink={0}>
      <Text wrap="truncate-end">{rows.map((row) => (row === '' ? ' ' : row)).join('\n')}</Text>
    </Box>
  );
}
