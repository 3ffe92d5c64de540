import { type ReactElement, useEffect } from 'react';
import { useTui } from '../context.ts';
import { type PaneSource, paneMark } from '../terminal/pane.ts';
import { Lines } from './Lines.tsx';

/** What changes too often for React: it takes `height` rows of the screen, and its source is painted straight into them. */
export function LogPane({ source, height }: { readonly source: PaneSource; readonly height: number }): ReactElement {
  const { showPane } = useTui();
  useEffect(() => showPane(source), [showPane, source]);
  return <Lines rows={Array.from({ length: Math.max(0, height) }, () => paneMark)} />;
}
