import { type ReactElement, useSyncExternalStore } from 'react';
import { useNow, useSize, useTui, useTuiState } from '../context.ts';
import { type KeyBinding, type Place, shownKey } from '../keys/keymap.ts';
import { type Piece, paintEnds, paintRow, paintWhole, piecesWidth } from '../pieces.ts';
import { shortSpan } from '../spans.ts';
import type { TuiState } from '../store/state.ts';
import { Lines } from './Lines.tsx';

/** The first row: where one is, who one is, and how things stand with the manager. */
export function Header({ title }: { readonly title: readonly Piece[] }): ReactElement {
  const { theme, client } = useTui();
  const { columns } = useSize();
  const state = useTuiState();
  const left: Piece[] = [['strong', 'ZedOps'], '  ', ...title];
  const link: Piece[] = client ? [linkPiece(state)] : [];
  const where: Piece[] = [
    ['dim', `${state.me === undefined ? '' : `${state.me.actor.name} at `}${client?.name ?? ''}  `],
    ...link,
  ];
  // Where one is gives way to what is there.
  const right = piecesWidth(left) + piecesWidth(where) < columns ? where : link;
  return <Lines rows={[paintEnds(theme, left, right, columns)]} />;
}

function linkPiece({ link: { state } }: TuiState): Piece {
  switch (state) {
    case 'live':
      return ['good', '● live'];
    case 'connecting':
      return ['warn', '○ connecting'];
    case 'lost':
      return ['bad', '○ lost'];
    case 'refused':
      return ['bad', '○ refused'];
  }
}

/** A painted row for while the manager is away: that it is, and how old what is shown has become. */
export function useBanner(): string | undefined {
  const { theme } = useTui();
  const { columns } = useSize();
  const { link, heardAt } = useTuiState();
  const now = useNow(link.state === 'live' ? undefined : 1_000);
  if (link.state === 'live' || (link.state === 'connecting' && now - link.since < 1_500)) return undefined;
  const age = heardAt === undefined ? '' : ` · shown: as it was ${shortSpan((now - heardAt) / 1000)} ago`;
  const what =
    link.state === 'connecting'
      ? 'Connecting to the manager'
      : link.state === 'lost'
        ? `The manager is away, trying again${age}`
        : `The manager refuses${age}`;
  const why = [link.why, link.hint].filter((part) => part !== undefined).join(' · ');
  return paintWhole(theme, 'banner', [` ${what}${why === '' ? '' : ` · ${why}`}`], columns);
}

/** The row above the footer: the newest thing that is to be known, or nothing. */
export function NoticeRow(): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const { notice } = useTuiState();
  if (!notice) return <Lines rows={['']} />;
  const hint: Piece[] = notice.hint === undefined ? [] : [['dim', ` · ${notice.hint}`]];
  return <Lines rows={[paintRow(theme, [[notice.tone, notice.text], ...hint], columns)]} />;
}

/** The last row: keys, from the key table, as many as fit; those of a line while it is typed into. `dim` names what cannot be done. */
export function Footer({
  places,
  dim = new Set(),
}: {
  readonly places: readonly Place[];
  readonly dim?: ReadonlySet<string>;
}): ReactElement {
  const { theme, keymap, typing } = useTui();
  const { columns } = useSize();
  const typed = useSyncExternalStore(typing.onChange, typing.now);
  const seen = new Set<string>();
  const bindings: readonly Pick<KeyBinding, 'action' | 'keys' | 'label' | 'footer'>[] =
    typed === undefined
      ? keymap.bindings.filter(({ footer, place }) => footer !== undefined && places.includes(place))
      : typed.map(({ key, label }, at) => ({
          action: '',
          keys: [key],
          label,
          footer: key === 'f1' || key === 'escape' ? 90 : at,
        }));
  const wanted = bindings
    .toSorted((a, b) => (a.footer ?? 0) - (b.footer ?? 0))
    .flatMap(({ action, keys, label, footer = 0 }) => {
      const key = shownKey(keys[0] ?? '');
      if (key === '' || seen.has(key)) return [];
      seen.add(key);
      const isDim = dim.has(action);
      const pieces: Piece[] = [
        [isDim ? 'dim' : 'key', key],
        [isDim ? 'dim' : 'plain', ` ${label}  `],
      ];
      return [{ pieces, width: piecesWidth(pieces), isNeeded: footer >= 90 }];
    });
  // How to get help and out is always there.
  let room = columns - wanted.reduce((sum, { width, isNeeded }) => sum + (isNeeded ? width : 0), 0);
  const pieces = wanted.flatMap(({ pieces: some, width, isNeeded }) => {
    if (isNeeded) return some;
    if (width > room) return [];
    room -= width;
    return some;
  });
  return <Lines rows={[paintRow(theme, pieces, columns)]} />;
}
