import { Box } from 'ink';
import { type ReactElement, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { cut } from '../platform/terminal/cell-width.ts';
import { NoticeRow, useBanner } from './components/Chrome.tsx';
import { Lines } from './components/Lines.tsx';
import { type Overlay, SizeContext, type Tui, TuiContext, useActions, useTui, useTuiState } from './context.ts';
import { layers } from './keys/key-router.ts';
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
      <KeyPace isReady={screen !== undefined} />
    </Box>
  );
}

/**
 * Holds the next key until React has worked out what the last one changed: a change of its own, made right after those of
 * the key, is on the screen together with them. How many turns that takes depends on how busy the machine is. It comes
 * last, so that everyone else listens by then.
 */
function KeyPace({ isReady }: { readonly isReady: boolean }): null {
  const { router } = useTui();
  const [shown, setShown] = useState(0);
  const waiting = useRef<{ readonly key: number; readonly done: () => void }>(undefined);
  useLayoutEffect(() => {
    let keys = 0;
    const takeOff = router.onTaken((done) => {
      keys += 1;
      waiting.current = { key: keys, done };
      setShown(keys);
    });
    return () => {
      takeOff();
      waiting.current?.done();
    };
  }, [router]);
  useLayoutEffect(() => {
    const last = waiting.current;
    if (!last || !isReady || shown < last.key) return;
    waiting.current = undefined;
    last.done();
  });
  return null;
}
