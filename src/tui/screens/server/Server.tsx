import { Box } from 'ink';
import type { ReactElement } from 'react';
import { Footer, Header } from '../../components/Chrome.tsx';
import { Lines } from '../../components/Lines.tsx';
import { useActions, useClicks, useKeys, useSize, useTui, useTuiState } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';
import { type Piece, paintRow, piecesWidth } from '../../pieces.ts';
import { routeOf } from '../../store/state.ts';
import { toneOf } from '../../theme.ts';
import { useServerActions } from '../use-server-actions.tsx';
import { tabs } from './tabs.tsx';

/** One server, a tab at a time. */
export function Server({ rows }: { readonly rows: number }): ReactElement {
  const { store, theme } = useTui();
  const { columns } = useSize();
  const state = useTuiState();
  const { id = '', tab: wanted } = routeOf(state);
  const server = state.servers.get(id);
  const at = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === wanted),
  );
  const tab = tabs[at];
  const go = (index: number): void => {
    const next = tabs[(index + tabs.length) % tabs.length];
    if (next) store.apply({ kind: 'tab', tab: next.id });
  };
  const dim = useServerActions(layers.screen, server);
  useActions(layers.screen, ['server'], { 'next-tab': () => go(at + 1), 'previous-tab': () => go(at - 1) });
  useKeys(layers.screen, (name) => {
    const index = /^[1-9]$/.test(name) ? Number(name) - 1 : -1;
    if (tabs[index] === undefined) return false;
    go(index);
    return true;
  });
  const title: Piece[] = server ? [['strong', server.name], '  ', [toneOf(server.state), server.state]] : [];
  const bar = tabBar(at, columns);
  useClicks(layers.screen, ({ row, column }) => {
    let end = 0;
    const clicked = bar.findIndex((piece) => {
      end += piecesWidth([piece]);
      return column < end;
    });
    if (row !== 1 || clicked === -1) return false;
    go(clicked);
    return true;
  });
  return (
    <Box flexDirection="column">
      <Header title={title} />
      <Lines rows={[paintRow(theme, bar, columns)]} />
      {server && tab ? (
        <tab.Component key={`${id} ${tab.id}`} server={server} rows={rows - 3} />
      ) : (
        <Lines
          rows={Array.from({ length: rows - 3 }, (_, index) =>
            index === 0 ? 'This server is not there any more, or not for you: Esc goes back' : '',
          )}
        />
      )}
      <Footer places={[...(tab?.places ?? []), 'server', 'everywhere']} dim={dim} />
    </Box>
  );
}

/** The names of the tabs; where they do not fit, only the number of those that are not shown. */
function tabBar(at: number, columns: number): readonly Piece[] {
  const bar = (isShort: boolean): Piece[] =>
    tabs.map(({ title }, index) => [
      index === at ? 'selected' : 'plain',
      isShort && index !== at ? ` ${index + 1} ` : ` ${index + 1} ${title} `,
    ]);
  const whole = bar(false);
  return piecesWidth(whole) <= columns ? whole : bar(true);
}
