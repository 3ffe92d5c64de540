import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import type { Difference } from '../../../protocol/entities/difference.ts';
import type { ServerDetails } from '../../../protocol/entities/server.ts';
import { serverDiff } from '../../../protocol/operations/server-state.ts';
import { Lines } from '../../components/Lines.tsx';
import { useActions, useSize, useTui } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';
import { type Piece, paintRow } from '../../pieces.ts';
import type { SeenServer } from '../../store/state.ts';
import { useAnswer } from '../lists/use-answer.ts';
import type { TabProps } from './tab-props.ts';
import { useDetails } from './use-details.ts';

/** The settings of a server as they are, what of them waits, and where it is not what it should be. */
export function Config({ server, rows }: TabProps): ReactElement {
  const { theme, client } = useTui();
  const { columns } = useSize();
  const [top, setTop] = useState(0);
  const { details, problem } = useDetails(server);
  const { value: differences = [] } = useAnswer(
    client
      ? async (signal) => (await client.call(serverDiff, { server: server.id }, signal)).servers[0]?.differences ?? []
      : undefined,
    `${server.id} ${server.seenAt}`,
  );
  const all = configRows(server, details, differences);
  const height = Math.max(1, rows - 1);
  const last = Math.max(0, all.length - height);
  const first = Math.min(top, last);
  const scroll = (to: number): void => setTop(Math.max(0, Math.min(last, to)));
  useActions(layers.tab, ['list'], {
    down: () => scroll(first + 1),
    up: () => scroll(first - 1),
    'page-down': () => scroll(first + height),
    'page-up': () => scroll(first - height),
    first: () => scroll(0),
    last: () => scroll(last),
  });
  const shown = all.slice(first, first + height).map((row) => paintRow(theme, row, columns));
  const more = all.length > height ? `rows ${first + 1} to ${first + shown.length} of ${all.length}` : '';
  const foot: Piece = problem === undefined ? ['dim', more] : ['warn', problem];
  return (
    <Box flexDirection="column">
      <Lines rows={Array.from({ length: height }, (_, index) => shown[index] ?? '')} />
      <Lines rows={[paintRow(theme, [foot], columns)]} />
    </Box>
  );
}

/** What waits and what is wrong first, then every setting by its name. Secrets are told as `set`. */
export function configRows(
  server: SeenServer,
  details: ServerDetails | undefined,
  differences: readonly Difference[],
): readonly (readonly Piece[])[] {
  if (details === undefined) return [[['dim', 'Asking']]];
  const { env, secretKeys, limits, revision, observed } = details;
  const waiting = details.waiting ?? server.waiting ?? observed?.waiting ?? [];
  const settings = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const widest = Math.min(40, Math.max(12, ...settings.map(([key]) => key.length)));
  const pair = (name: string, ...value: readonly Piece[]): readonly Piece[] => [
    ['dim', `  ${name.padEnd(widest)}  `],
    ...value,
  ];
  const applied = observed?.appliedRevision;
  return [
    ...(waiting.length === 0 ? [] : [[['warn', 'WAITS for its next start or a rebuild'] satisfies Piece]]),
    ...waiting.map(({ setting, before, after }) =>
      pair(setting, ['dim', before ?? 'unset'], ' → ', ['warn', after ?? 'unset']),
    ),
    ...(differences.length === 0 ? [] : [[['bad', 'IS NOT what it should be'] satisfies Piece]]),
    ...differences.flatMap(({ what, wanted, found, fix }) => [
      pair(what, 'should be ', ['good', wanted], ', is ', ['bad', found]),
      ...(fix === undefined ? [] : [pair('', ['dim', 'mend by '], ['key', fix])]),
    ]),
    [['strong', 'SERVER']],
    pair('image', server.image),
    pair('template', details.template),
    pair('revision', String(revision), [
      'dim',
      applied === undefined || applied === revision ? '' : ` · its container has ${applied}`,
    ]),
    pair('should be', details.power),
    pair('memory', limits.memoryMb === undefined ? ['dim', 'no limit of its own'] : `at most ${limits.memoryMb} MB`),
    pair('cpus', limits.cpus === undefined ? ['dim', 'no limit of its own'] : `at most ${limits.cpus}`),
    ...server.ports.map(({ name, port, protocol }) => pair(`port ${name}`, `${port}/${protocol}`)),
    [['strong', 'SETTINGS']],
    ...settings.map(([key, value]) =>
      pair(key, secretKeys.includes(key) ? ['dim', 'set'] : value === '' ? ['dim', 'empty'] : value),
    ),
    ...(settings.length === 0 ? [[['dim', '  all as the image has them'] satisfies Piece]] : []),
  ];
}
