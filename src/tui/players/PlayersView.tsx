import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import type { ServerPlayer } from '../../protocol/entities/player.ts';
import { firstShown, headRow, placeColumns, tableRow } from '../components/columns.ts';
import { FilterField } from '../components/FilterField.tsx';
import { Lines } from '../components/Lines.tsx';
import { Panel } from '../components/Overlay.tsx';
import { type Tui, useActions, useKeys, useNow, useSize, useTui, useTuiState } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { shownKey } from '../keys/keymap.ts';
import { type Piece, paintRow } from '../pieces.ts';
import type { SeenServer } from '../store/state.ts';
import { DeedForm, deedFormRows } from './DeedForm.tsx';
import { type Deed, deedCommand, deedHindrance, deeds } from './deeds.ts';
import { deedRow, playerColumns, playerKey, sessionRow, shownPlayers } from './player-columns.ts';
import { type PlayersSeen, usePlayerHistory, usePlayers } from './use-players.ts';

/** Who plays and what they did, on one server or everywhere, and what can be done about it. */
export function PlayersView({
  server,
  rows,
  layer,
}: {
  readonly server: SeenServer | undefined;
  readonly rows: number;
  readonly layer: number;
}): ReactElement {
  const tui = useTui();
  const { theme } = tui;
  const { columns } = useSize();
  const { servers, me } = useTuiState();
  const now = useNow(10_000);
  const [all, setAll] = useState(false);
  const [filter, setFilter] = useState('');
  const [isFiltering, setFiltering] = useState(false);
  const [selectedKey, setSelected] = useState<string>();
  const [isOne, setOne] = useState(false);
  const seen = usePlayers(server?.id, all);
  const shown = shownPlayers(seen.players, filter);
  const at = Math.max(
    0,
    shown.findIndex((player) => playerKey(player) === selectedKey),
  );
  const selected = shown[at];
  const did = usePlayerHistory(isOne ? selected?.serverId : server?.id, isOne ? selected?.name : undefined);

  const historyRows = Math.max(1, Math.floor(rows / 3));
  const tableRows = Math.max(1, rows - historyRows - 3 - (isFiltering ? 1 : 0));
  const select = (index: number): void => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, index))];
    if (next) setSelected(playerKey(next));
  };
  const place = selected && servers.get(selected.serverId);
  const why = selected && place && deedHindrance(place, me, tui.isReadOnly);
  const table: Record<string, () => void> = Object.fromEntries(
    deeds.map((deed) => [deed.id, () => begin(tui, deed, selected, why)]),
  );
  useActions(layer, ['players', 'list', 'everywhere'], {
    ...table,
    down: () => select(at + 1),
    up: () => select(at - 1),
    'page-down': () => select(at + tableRows),
    'page-up': () => select(at - tableRows),
    first: () => select(0),
    last: () => select(shown.length - 1),
    'players.all': () => setAll(!all),
    'players.filter': () => setFiltering(true),
    'players.one': () => setOne(!isOne && selected !== undefined),
    ...(selected
      ? {
          commands: () =>
            tui.open({
              rows: deeds.length + 2,
              render: (close) => <DeedCommands player={selected} why={why} close={close} />,
            }),
        }
      : {}),
    ...(filter === '' ? {} : { back: () => setFilter('') }),
  });

  const placed = placeColumns(playerColumns(now, server === undefined), shown, columns);
  const first = firstShown(at, shown.length, tableRows);
  const body = shown
    .slice(first, first + tableRows)
    .map((player, index) => tableRow(theme, placed, player, columns, first + index === at));
  const history = [
    ...did.sessions.map((session) => sessionRow(session, server === undefined)),
    ...did.events.map((event) => deedRow(event, server === undefined)),
  ].slice(-historyRows);
  const heading =
    isOne && selected ? `WHAT ${selected.name} DID${alsoSeen(selected, seen.players)}` : 'WHAT PLAYERS DID';
  return (
    <Box flexDirection="column">
      <Lines
        rows={[
          headRow(theme, placed, columns),
          ...Array.from({ length: tableRows }, (_, index) =>
            body.length === 0 && index === 0
              ? paintRow(theme, [['dim', emptyText(seen, filter, server)]], columns)
              : (body[index] ?? ''),
          ),
          paintRow(theme, statusPieces(seen, why), columns),
          paintRow(theme, [['dim', heading]], columns),
          ...Array.from({ length: historyRows }, (_, index) => {
            const row = history[index];
            return row === undefined ? '' : paintRow(theme, row, columns);
          }),
        ]}
      />
      {isFiltering ? <FilterField filter={filter} onChange={setFilter} onDone={() => setFiltering(false)} /> : null}
    </Box>
  );
}

/** Opens the form of a deed, or says why it cannot be done. */
function begin(tui: Tui, deed: Deed, player: ServerPlayer | undefined, why: string | undefined): void {
  if (!player) return;
  if (why !== undefined) tui.notify({ tone: 'warn', text: `${deed.label} ${player.name}: ${why}` });
  else if (deed.presence === 'online' && player.online === false) {
    tui.notify({ tone: 'warn', text: `${deed.label} ${player.name}: not online on ${player.server}` });
  } else {
    tui.open({ rows: deedFormRows, render: (close) => <DeedForm deed={deed} player={player} close={close} /> });
  }
}

/** Every deed beside the command line that does the same. */
function DeedCommands({
  player,
  why,
  close,
}: {
  readonly player: ServerPlayer;
  readonly why: string | undefined;
  readonly close: () => void;
}): ReactElement {
  const { keymap } = useTui();
  useKeys(layers.dialog, () => {
    close();
    return true;
  });
  const rows = deeds.map((deed): Piece[] => {
    const key = shownKey(keymap.keyFor(deed.id)).padEnd(2);
    const command = deedCommand(deed, player, deed.field?.isNeeded ? '…' : '');
    return why === undefined ? [['key', `${key} `], command] : [['dim', `${key} ${command}   ${why}`]];
  });
  const list: Piece[] = ['   ', `zedops player list ${player.server}`];
  return <Panel title={`The same for ${player.name} on the command line`} rows={[...rows, list]} />;
}

/** The other names that a Steam account has among those known here. */
function alsoSeen({ name, steamId }: ServerPlayer, players: readonly ServerPlayer[]): string {
  const others = players.filter((one) => steamId !== undefined && one.steamId === steamId && one.name !== name);
  return others.length === 0 ? '' : ` · also seen as ${[...new Set(others.map((one) => one.name))].join(', ')}`;
}

function emptyText({ isKnown, problem }: PlayersSeen, filter: string, server: SeenServer | undefined): string {
  if (problem !== undefined || !isKnown) return '';
  if (filter !== '') return 'No player fits the filter';
  return `Nobody is online${server ? ` on ${server.name}` : ''}; A shows everyone who was ever seen`;
}

function statusPieces({ players, unknown, problem }: PlayersSeen, why: string | undefined): readonly Piece[] {
  const online = players.filter((player) => player.online).length;
  const parts: Piece[] = [['dim', `${online} online`]];
  if (unknown.length > 0) parts.push(['warn', ` · not known of ${unknown.join(', ')}`]);
  if (problem !== undefined) parts.push(['bad', ` · ${problem}`]);
  if (why !== undefined) parts.push(['dim', ` · nothing can be done to players: ${why}`]);
  return parts;
}
