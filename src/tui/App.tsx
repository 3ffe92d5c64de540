import { Box } from 'ink';
import { type ReactElement, useEffect, useState } from 'react';
import { cut } from '../platform/cell-width.ts';
import { NoticeRow, useBanner } from './components/Chrome.tsx';
import { Lines } from './components/Lines.tsx';
import { type Overlay, SizeContext, type Tui, TuiContext, useActions, useTui, useTuiState } from './context.ts';
import { layers } from './key-router.ts';
import { openPalette } from './palette/Palette.tsx';
import { useScreen } from './screens/use-screens.ts';
import { routeOf } from './store/state.ts';

/** The least that can be drawn into. */
const leastColumns = 60;
const leastRows = 20;

/** Where the app hears of the size of the screen, and of what is laid over it. */
export interface Stage {
  size(): { readonly columns: number; readonly rows: number };
  onResize(listener: () => void): () => void;
  /** Given the way to lay something over the screen. */
  onReady(open: (overlay: Overlay) => void): void;
}

/** Everything on the screen. */
export function App({ tui, stage }: { readonly tui: Tui; readonly stage: Stage }): ReactElement {
  const [size, setSize] = useState(stage.size());
  useEffect(() => stage.onResize(() => setSize(stage.size())), [stage]);
  const isTooSmall = size.columns < leastColumns || size.rows < leastRows;
  // One row stays free: a terminal that scrolls when its last row is full never does so.
  const frame = { columns: size.columns, rows: size.rows - 1 };
  const sentence = `ZedOps needs ${leastColumns}×${leastRows} cells, this is ${size.columns}×${size.rows}`;
  return (
    <TuiContext value={tui}>
      <SizeContext value={frame}>
        {isTooSmall ? <Lines rows={[cut(sentence, size.columns)]} /> : <Stack stage={stage} rows={frame.rows} />}
      </SizeContext>
    </TuiContext>
  );
}

/** The screen, what is laid over it, and what is to be known, from top to bottom. */
function Stack({ stage, rows }: { readonly stage: Stage; readonly rows: number }): ReactElement {
  const tui = useTui();
  const state = useTuiState();
  const banner = useBanner();
  const [overlay, setOverlay] = useState<Overlay>();
  useEffect(() => stage.onReady(setOverlay), [stage]);
  const go = (screen: string) => () => tui.store.apply({ kind: 'go', route: { screen } });
  useActions(layers.app, ['everywhere'], {
    help: go('help'),
    hosts: go('hosts'),
    people: go('people'),
    tokens: go('tokens'),
    audit: go('audit'),
    doctor: go('doctor'),
    jobs: go('jobs'),
    quit: () => tui.quit(),
    back: () => tui.store.apply({ kind: 'back' }),
    suspend: () => tui.suspend(),
    redraw: () => tui.redraw(),
    palette: () => openPalette(tui, rows),
  });
  const { screen: id } = routeOf(state);
  const screen = useScreen(id);
  const below = (overlay?.rows ?? 0) + (banner === undefined ? 0 : 1) + 1;
  const height = Math.max(4, rows - below);
  return (
    <Box flexDirection="column" height={rows} overflow="hidden">
      {screen ? <screen.Component key={id} rows={height} /> : null}
      {overlay?.render(() => setOverlay(undefined))}
      {banner === undefined ? null : <Lines rows={[banner]} />}
      <NoticeRow />
    </Box>
  );
}
