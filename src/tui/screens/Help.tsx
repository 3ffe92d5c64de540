import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import { inCells } from '../../platform/terminal/cell-width.ts';
import { Header } from '../components/Chrome.tsx';
import { Lines } from '../components/Lines.tsx';
import { useKeys, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { type KeyBinding, type Place, shownKey } from '../keys/keymap.ts';
import { type Piece, paintRow } from '../pieces.ts';

const titles: Readonly<Record<Place, string>> = {
  everywhere: 'Everywhere',
  list: 'In lists and logs',
  rows: 'In lists that can be filtered',
  fleet: 'Fleet',
  hosts: 'Hosts',
  people: 'People',
  tokens: 'API tokens',
  audit: 'Audit',
  server: 'On a server',
  log: 'Log',
  console: 'Console',
  players: 'Players',
  form: 'Forms',
  decide: 'Before a form is applied',
  later: 'Where the game runs',
  jobs: 'Jobs',
  dialog: 'When asked',
};

/** Every key there is, from the key table, a page at a time; any key but those that turn the page leads back. */
export function Help({ rows }: { readonly rows: number }): ReactElement {
  const { theme, keymap, store } = useTui();
  const { columns } = useSize();
  const [wanted, setPage] = useState(0);
  const entries = helpEntries(keymap.bindings);
  const perColumn = Math.max(1, rows - 2);
  const width = 38;
  const columnCount = Math.max(1, Math.floor(columns / width));
  const perPage = perColumn * columnCount;
  const last = Math.ceil(entries.length / perPage) - 1;
  const page = Math.min(wanted, last);
  useKeys(layers.dialog, (name) => {
    const action = keymap.find(name, ['list']) ?? (name === 'space' ? 'page-down' : undefined);
    if (action === 'page-down' || action === 'down') setPage(Math.min(last, page + 1));
    else if (action === 'page-up' || action === 'up') setPage(Math.max(0, page - 1));
    else store.apply({ kind: 'back' });
    return true;
  });
  const painted = Array.from({ length: perColumn }, (_, row) =>
    paintRow(
      theme,
      Array.from(
        { length: columnCount },
        (_unused, column) => entries[page * perPage + column * perColumn + row],
      ).flatMap((entry): readonly Piece[] => {
        if (entry === undefined) return [' '.repeat(width)];
        if (entry.key === undefined) return [['strong', inCells(entry.text, width)]];
        return [['key', `${inCells(`  ${entry.key}`, 17)} `], `${inCells(entry.text, width - 19)} `];
      }),
      columns,
    ),
  );
  return (
    <Box flexDirection="column">
      <Header title={['Keys']} />
      <Lines rows={painted} />
      <Lines
        rows={[
          paintRow(
            theme,
            [
              ['dim', last === 0 ? '' : `page ${page + 1} of ${last + 1}, j and k turn it · `],
              ['dim', 'any key leads back'],
            ],
            columns,
          ),
        ]}
      />
    </Box>
  );
}

function helpEntries(bindings: readonly KeyBinding[]): readonly { readonly key?: string; readonly text: string }[] {
  const order: readonly Place[] = Object.keys(titles).filter((place): place is Place => place in titles);
  return order.flatMap((place) => [
    { text: titles[place] },
    ...bindings
      .filter((binding) => binding.place === place)
      .map(({ keys, label }) => ({ key: keys.map(shownKey).join(' '), text: label })),
  ]);
}
