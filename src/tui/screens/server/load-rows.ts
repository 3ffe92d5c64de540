import { type SparkPoint, sparkline } from '../../../platform/terminal/sparkline.ts';
import type { ServerMetrics, ServerTrendPoint } from '../../../protocol/entities/metrics.ts';
import type { Piece } from '../../pieces.ts';
import { cpuCell, memoryShare, percent, shortBytes, toneOfShare } from '../metrics-cells.ts';

/** What rows about the load of a server are made of. */
export interface Load {
  readonly now: ServerMetrics | undefined;
  readonly trend: readonly ServerTrendPoint[];
  readonly playersOnline: number | undefined;
  /** Cells a row has. */
  readonly width: number;
  readonly isAscii: boolean;
}

const spanMs = 15 * 60_000;
const mostCells = 30;
const labelCells = 12;
/** What the words beside the marks need. */
const wordCells = 30;

/** CPU, memory and players with their last quarter of an hour, and words that say the same. What is not known has no row. */
export function loadRows({ now, trend, playersOnline, width, isAscii }: Load): readonly (readonly Piece[])[] {
  const cells = Math.max(0, Math.min(mostCells, width - labelCells - wordCells));
  const newest = Date.parse(trend.at(-1)?.at ?? '');
  const row = (
    name: string,
    top: number,
    numberOf: (point: ServerTrendPoint) => number | undefined,
    words: readonly Piece[],
  ): readonly (readonly Piece[])[] => {
    const points = trend.flatMap((point): SparkPoint[] => {
      const value = numberOf(point);
      return value === undefined ? [] : [{ at: Date.parse(point.at), value }];
    });
    if (words.length === 0) return [];
    const marks = points.length < 2 ? '' : sparkline(points, { cells, now: newest, spanMs, top, isAscii });
    return [[['dim', name.padEnd(labelCells)], ...(marks === '' ? [] : [['accent', marks] as const, ' ']), ...words]];
  };
  const cpu = cpuCell(now);
  const { cpusBusy = 0, cpusLimit, memoryBytes, memoryLimitBytes } = now ?? {};
  const share = memoryShare(now);
  return [
    ...row(
      'cpu',
      cpusLimit ?? 1,
      (point) => point.cpusBusy,
      cpu === undefined
        ? []
        : [cpu, ['dim', cpusLimit === undefined ? ' of a core' : `, ${percent(cpusBusy / cpusLimit)} of its limit`]],
    ),
    ...row(
      'memory',
      memoryLimitBytes ?? 0,
      (point) => point.memoryBytes,
      memoryBytes === undefined
        ? []
        : [
            [share === undefined ? 'plain' : toneOfShare(share), shortBytes(memoryBytes)],
            ['dim', memoryLimitBytes === undefined ? '' : ` of ${shortBytes(memoryLimitBytes)}`],
          ],
    ),
    ...row('players', 1, (point) => point.players, playersOnline === undefined ? [] : [String(playersOnline)]),
  ];
}
