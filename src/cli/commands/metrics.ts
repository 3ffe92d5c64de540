import type * as z from 'zod';
import { isAsciiTerminal, type SparkPoint, sparkline } from '../../platform/terminal/sparkline.ts';
import { hostMetrics, serverMetrics } from '../../protocol/operations/metrics.ts';
import type { Context } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { bytes, type Cell, pairs } from '../output/format.ts';
import { hostUse, serverUse } from '../output/metrics-text.ts';

const cells = 30;
const spanMs = 15 * 60_000;

/** `zedops server metrics`. */
export const serverMetricsCommand = fromOperation(serverMetrics, {
  words: 'server metrics',
  positional: ['server'],
  details: [
    'Each mark stands for half a minute. While nobody watches a host it is measured once a minute, and every five seconds otherwise. With --json every measurement is told.',
  ],
  examples: ['zedops server metrics alpha', 'zedops server metrics alpha --json'],
  answer: 'show',
  text({ now, trend }, { server }, context) {
    if (now === undefined) context.talk.note(`${server} does not run.`);
    const row = rowIn(context, trend);
    return pairs([
      ...serverUse(now),
      row('CPU', ({ cpusBusy }) => cpusBusy, now?.cpusLimit ?? 1, percent),
      row('memory', ({ memoryBytes }) => memoryBytes, now?.memoryLimitBytes ?? 0, bytes),
      row('players', ({ players }) => players, 1, String),
    ]);
  },
});

/** `zedops host metrics`. */
export const hostMetricsCommand = fromOperation(hostMetrics, {
  words: 'host metrics',
  positional: ['host'],
  details: ['Each mark stands for half a minute. With --json every measurement is told.'],
  examples: ['zedops host metrics box-1', 'zedops host metrics box-1 --json'],
  answer: 'show',
  text({ now, trend }, _, context) {
    const row = rowIn(context, trend);
    return pairs([
      ...hostUse(now),
      row('CPU trend', ({ cpusBusy }) => cpusBusy, now.cpus, percent),
      row('memory trend', ({ memoryUsedBytes }) => memoryUsedBytes, now.memoryTotalBytes ?? 0, bytes),
      row(
        'load trend',
        ({ load }) => load,
        now.cpus,
        (load) => load.toFixed(2),
      ),
    ]);
  },
});

type Point =
  | z.output<typeof serverMetrics.reply>['trend'][number]
  | z.output<typeof hostMetrics.reply>['trend'][number];

/** Makes rows with a trend and its highest, such as `▁▁▂▅  at most 42%`; where nothing is known, there is none. */
function rowIn<Measured extends Point>({ io }: Context, trend: readonly Measured[]) {
  const now = Date.parse(trend.at(-1)?.at ?? '');
  return (
    name: string,
    numberOf: (point: Measured) => number | undefined,
    top: number,
    text: (number: number) => string,
  ): readonly [string, Cell] => {
    const points = trend.flatMap((point): SparkPoint[] => {
      const value = numberOf(point);
      return value === undefined ? [] : [{ at: Date.parse(point.at), value }];
    });
    if (points.length === 0) return [name, undefined];
    const isAscii = isAsciiTerminal(io.env);
    const marks = sparkline(points, { cells, now, spanMs, top, isAscii });
    const most = Math.max(...points.map(({ value }) => value));
    // A table takes several blanks for one.
    return [name, `${marks.trimStart().replaceAll(' ', isAscii ? '~' : '·')} at most ${text(most)}`];
  };
}

function percent(cpus: number): string {
  return `${Math.round(cpus * 100)}%`;
}
