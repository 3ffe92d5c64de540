import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import { Footer, Header } from '../components/Chrome.tsx';
import { firstShown, headRow, placeColumns, tableRow } from '../components/columns.ts';
import { LineField } from '../components/LineField.tsx';
import { Lines } from '../components/Lines.tsx';
import { useActions, useClicks, useNow, useSize, useTui, useTuiState } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import type { Place } from '../keys/keymap.ts';
import { paintRow } from '../pieces.ts';
import type { SeenServer } from '../store/state.ts';
import { toneOf } from '../theme.ts';
import { eventRow } from './event-rows.ts';
import { hostColumns, serverColumns, shownServers, sorts } from './fleet-columns.ts';
import { useServerActions } from './use-server-actions.tsx';

const places: readonly Place[] = ['fleet', 'server', 'everywhere'];

/** All hosts and servers, and what happens to them. `rows` is what the screen has for it. */
export function Fleet({ rows }: { readonly rows: number }): ReactElement {
  const { store, theme } = useTui();
  const { columns } = useSize();
  const state = useTuiState();
  const now = useNow(10_000);
  const [isFiltering, setFiltering] = useState(false);
  const servers = shownServers(state);
  const found = servers.findIndex(({ id }) => id === state.list.selected);
  const at = Math.max(0, found);
  const selected: SeenServer | undefined = servers[at];
  const select = (index: number): void => {
    const next = servers[Math.max(0, Math.min(servers.length - 1, index))];
    if (next) store.apply({ kind: 'list', view: { selected: next.id } });
  };

  const hosts = [...state.hosts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const eventCount = rows >= 36 ? 6 : rows >= 20 ? 3 : 0;
  const hostCount = Math.min(hosts.length, rows >= 36 ? 8 : rows >= 20 ? 3 : 1);
  const eventSpace = eventCount === 0 ? 0 : eventCount + 1;
  const tableRows = Math.max(1, rows - 2 - (hostCount + 2) - 1 - eventSpace - (isFiltering ? 1 : 0));

  const open = (tab: string): void => {
    if (selected) store.apply({ kind: 'go', route: { screen: 'server', id: selected.id, tab } });
  };
  const dim = useServerActions(layers.screen, selected);
  useActions(layers.screen, ['fleet', 'list', 'everywhere'], {
    down: () => select(at + 1),
    up: () => select(at - 1),
    'page-down': () => select(at + tableRows),
    'page-up': () => select(at - tableRows),
    first: () => select(0),
    last: () => select(servers.length - 1),
    open: () => open('overview'),
    logs: () => open('logs'),
    filter: () => setFiltering(true),
    players: () => store.apply({ kind: 'go', route: { screen: 'players' } }),
    sort: () => {
      const next = sorts[(sorts.indexOf(state.list.sort) + 1) % sorts.length] ?? 'name';
      store.apply({ kind: 'list', view: { sort: next } });
    },
    ...(state.list.filter === '' ? {} : { back: () => store.apply({ kind: 'list', view: { filter: '' } }) }),
  });

  const placedHosts = placeColumns(hostColumns(state.metrics), hosts, columns);
  const placed = placeColumns(serverColumns(now, state.metrics), servers, columns);
  const first = firstShown(at, servers.length, tableRows);
  useClicks(layers.screen, ({ row }) => {
    const line = row - 4 - hostCount;
    if (line < 0 || line >= tableRows || servers[first + line] === undefined) return false;
    select(first + line);
    return true;
  });
  const body = servers
    .slice(first, first + tableRows)
    .map((server, index) => tableRow(theme, placed, server, columns, first + index === at));
  const empty = !state.isWhole
    ? ''
    : state.servers.size === 0
      ? 'No servers yet: press n, or zedops server template steam-zomboid > alpha.env, then zedops server create alpha --env-file alpha.env'
      : 'No server fits the filter';
  const padded = Array.from({ length: tableRows }, (_, index) =>
    body.length === 0 && index === 0 ? paintRow(theme, [['dim', empty]], columns) : (body[index] ?? ''),
  );
  const hidden = hosts.length - hostCount;
  const filter = state.list.filter === '' || isFiltering ? '' : ` · filter "${state.list.filter}"`;
  const count =
    servers.length === state.servers.size ? `${servers.length}` : `${servers.length} of ${state.servers.size}`;
  const events = state.events.slice(-Math.max(eventCount, 1));

  return (
    <Box flexDirection="column">
      <Header title={summary(state.servers)} />
      <Lines
        rows={[
          headRow(theme, placedHosts, columns),
          ...hosts.slice(0, hostCount).map((host) => tableRow(theme, placedHosts, host, columns, false)),
          paintRow(theme, [['dim', hidden > 0 ? `${hidden} more hosts` : '']], columns),
          headRow(theme, placed, columns),
          ...padded,
        ]}
      />
      {eventCount === 0 ? null : (
        <Lines
          rows={[
            paintRow(theme, [['dim', `EVENTS · servers ${count}, by ${state.list.sort}${filter}`]], columns),
            ...Array.from({ length: eventCount }, (_, index) => {
              const event = events[index - (eventCount - events.length)];
              return event === undefined ? '' : paintRow(theme, eventRow(event), columns);
            }),
          ]}
        />
      )}
      {isFiltering ? (
        <LineField
          label="filter: "
          first={state.list.filter}
          onChange={(filterText) => store.apply({ kind: 'list', view: { filter: filterText } })}
          onEnter={() => setFiltering(false)}
          onEscape={() => {
            store.apply({ kind: 'list', view: { filter: '' } });
            setFiltering(false);
          }}
        />
      ) : null}
      <Footer places={places} dim={dim} />
    </Box>
  );
}

function summary(
  servers: ReadonlyMap<string, SeenServer>,
): readonly (readonly ['plain' | 'good' | 'bad' | 'warn', string])[] {
  const counts = new Map<string, number>();
  let players: number | undefined;
  for (const { state, playersOnline } of servers.values()) {
    const tone = toneOf(state);
    const word = tone === 'bad' ? 'in trouble' : state === 'ready' ? 'ready' : undefined;
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
    if (playersOnline !== undefined) players = (players ?? 0) + playersOnline;
  }
  const ready = counts.get('ready') ?? 0;
  const trouble = counts.get('in trouble') ?? 0;
  return [
    ['plain', `${servers.size} ${servers.size === 1 ? 'server' : 'servers'}`],
    ...(ready === 0 ? [] : [['good', ` · ${ready} ready`] as const]),
    ...(trouble === 0 ? [] : [['bad', ` · ${trouble} in trouble`] as const]),
    ...(players === undefined ? [] : [['plain', ` · ${players} ${players === 1 ? 'player' : 'players'}`] as const]),
  ];
}
