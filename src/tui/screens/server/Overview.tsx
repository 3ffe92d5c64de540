import type { ReactElement } from 'react';
import type { ServerDetails } from '../../../protocol/entities/server.ts';
import { Lines } from '../../components/Lines.tsx';
import { useNow, useSize, useTui, useTuiState } from '../../context.ts';
import { type Piece, paintRow } from '../../pieces.ts';
import { shortSpan } from '../../spans.ts';
import type { SeenServer } from '../../store/state.ts';
import { toneOf } from '../../theme.ts';
import { upSeconds } from '../fleet-columns.ts';
import { runningMetrics } from '../metrics-cells.ts';
import { loadRows } from './load-rows.ts';
import type { TabProps } from './tab-props.ts';
import { useDetails } from './use-details.ts';
import { useTrend } from './use-trend.ts';

/** A server at a glance: its state and what speaks for it, where it is reached, what waits. */
export function Overview({ server, rows }: TabProps): ReactElement {
  const { theme, isAscii } = useTui();
  const { columns } = useSize();
  const now = useNow(1_000);
  const { details, problem } = useDetails(server);
  const { metrics } = useTuiState();
  const { trend, problem: trendProblem } = useTrend(server);
  const load = loadRows({
    now: runningMetrics(server, metrics.servers),
    trend,
    playersOnline: server.playersOnline,
    width: columns,
    isAscii,
  });
  const all = overviewRows(server, details, load, now);
  const last = [problem, trendProblem].flatMap((text): Piece[][] => (text === undefined ? [] : [[['warn', text]]]));
  const painted = [...all, ...last].map((row) => paintRow(theme, row, columns));
  return <Lines rows={Array.from({ length: rows }, (_, index) => painted[index] ?? '')} />;
}

/** The rows of the overview. What is not known is not there. */
export function overviewRows(
  server: SeenServer,
  details: ServerDetails | undefined,
  load: readonly (readonly Piece[])[],
  now: number,
): readonly (readonly Piece[])[] {
  const observed = details?.observed;
  const evidence = observed?.evidence;
  const up = upSeconds(server, now);
  const word = (label: string, is: boolean | undefined): Piece[] =>
    is === undefined ? [['dim', `${label} – `]] : [[is ? 'good' : 'bad', `${label} ${is ? 'yes' : 'no'} `]];
  const pair = (name: string, ...value: readonly Piece[]): readonly Piece[] => [['dim', name.padEnd(12)], ...value];
  const known = (name: string, value: string | undefined): readonly (readonly Piece[])[] =>
    value === undefined || value === '' ? [] : [pair(name, value)];
  const lock = observed?.lock;
  return [
    pair('state', [toneOf(server.state), server.state], server.detail === undefined ? '' : ` · ${server.detail}`),
    ...(evidence === undefined
      ? []
      : [
          pair(
            'evidence',
            ...word('container', evidence.container),
            ...word('log marker', evidence.marker),
            ...word('game port', evidence.gamePort),
            ...word('rcon', evidence.rcon),
          ),
        ]),
    ...known('phase', observed?.phase),
    ...known('up', up === undefined ? undefined : shortSpan(up)),
    ...load,
    ...known('host', server.host),
    ...known('ports', server.ports.map(({ name, port, protocol }) => `${name} ${port}/${protocol}`).join(', ')),
    ...known('image', server.image),
    ...known('game', observed?.gameVersion),
    ...known('should be', details?.power),
    ...known('limit', details?.limits.memoryMb === undefined ? undefined : `${details.limits.memoryMb} MB of memory`),
    ...known('world', details?.folder),
    ...(server.waiting ?? [])
      .slice(0, 8)
      .map((change) =>
        pair('waits', ['warn', change.setting], ` ${change.before ?? 'unset'} → ${change.after ?? 'unset'}`),
      ),
    ...(lock === undefined
      ? []
      : [
          pair(
            'busy',
            ['warn', `${lock.subject} by ${lock.actor}`],
            observed?.activity ? ` · ${observed.activity.step}` : '',
          ),
        ]),
    ...(observed?.failure === undefined ? [] : [pair('failed', ['bad', observed.failure.message])]),
    ...(observed?.lastExit === undefined
      ? []
      : [
          pair(
            'last exit',
            observed.lastExit.expected ? 'as meant' : ['bad', observed.lastExit.crash?.reason ?? 'not meant'],
            ['dim', ` · ${observed.lastExit.at}`],
          ),
        ]),
  ];
}
