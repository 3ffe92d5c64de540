import { Box } from 'ink';
import type { ReactElement } from 'react';
import { Footer } from '../../components/Chrome.tsx';
import { Lines } from '../../components/Lines.tsx';
import { useActions, useDesk, useNow, useSize, useTui, useTuiState } from '../../context.ts';
import { words } from '../../forms/form-rows.ts';
import { layers } from '../../keys/key-router.ts';
import { type Piece, paintRow } from '../../pieces.ts';
import { shortSpan } from '../../spans.ts';
import { diffRows, planRows } from './plan-rows.ts';
import type { StageProps } from './stage-props.ts';

/** What a form would do, to be decided: done, done later, or back to the form. */
export function Decide({ draft, name: key, rows, onCommands, onApply }: StageProps): ReactElement {
  const { theme, notify } = useTui();
  const desk = useDesk();
  const { columns } = useSize();
  const { stage } = draft;
  const back = (): void => desk.reconsider(key);
  const isRefused = stage.kind === 'plan' && !stage.plan.isPossible;
  const mayWait = stage.kind === 'diff' && stage.applies === 'rebuild';
  useActions(layers.screen, mayWait ? ['decide', 'later', 'everywhere'] : ['decide', 'everywhere'], {
    'decide.yes': () => {
      if (isRefused) notify({ tone: 'warn', text: 'It is refused as it is; Esc leads back to the form' });
      else onApply(false);
    },
    'decide.later': () => onApply(true),
    'decide.no': back,
    back,
    commands: onCommands,
  });
  const body =
    stage.kind === 'plan'
      ? planRows(stage.plan, columns)
      : stage.kind === 'diff'
        ? diffRows(stage, draft, columns)
        : [];
  const left = rows - 1;
  const shown =
    body.length > left
      ? [
          ...body.slice(0, left - 1),
          [['dim', `and ${body.length - left + 1} more rows; the command line shows all`] as const],
        ]
      : body;
  const dim = new Set(isRefused ? ['decide.yes'] : []);
  return (
    <Box flexDirection="column">
      <Lines rows={Array.from({ length: left }, (_, index) => paintRow(theme, shown[index] ?? [''], columns))} />
      <Footer places={mayWait ? ['decide', 'later', 'everywhere'] : ['decide', 'everywhere']} dim={dim} />
    </Box>
  );
}

/** What is being done, as far as it has come. Leaving it does not end it. */
export function Working({ draft, rows, onLeave, onCommands }: StageProps): ReactElement {
  const { theme, clock, store } = useTui();
  const { columns } = useSize();
  const { servers } = useTuiState();
  useNow(1_000);
  const { stage, form, server } = draft;
  const name = form.given.get('name');
  const made = server?.id ?? [...servers.values()].find((candidate) => candidate.name === name)?.id;
  useActions(layers.screen, ['fleet', 'everywhere'], {
    back: onLeave,
    commands: onCommands,
    logs: () => {
      if (made !== undefined) store.apply({ kind: 'go', route: { screen: 'server', id: made, tab: 'logs' } });
    },
  });
  if (stage.kind !== 'working') return <Lines rows={[]} />;
  const { step, what, isLost } = stage;
  const gives = step?.deadlineAt === undefined ? undefined : (Date.parse(step.deadlineAt) - clock.now()) / 1000;
  const body: Piece[][] = [
    [''],
    [['strong', what]],
    [''],
    [...barOf(step?.percent, Math.min(60, columns - 10))],
    ...words(step?.step ?? 'asked', columns - 2).map((row): Piece[] => [row]),
    ...(gives === undefined || gives <= 0
      ? []
      : [[['dim', `gives up in ${shortSpan(gives)} if nothing happens`] as const]]),
    ...(isLost
      ? [[['warn', 'The manager is away; the work goes on, and is followed again as soon as it is back'] as const]]
      : []),
    [''],
    [['dim', 'Esc leaves it to itself: J shows every job. L shows the log.']],
  ];
  return (
    <Box flexDirection="column">
      <Lines rows={Array.from({ length: rows - 1 }, (_, index) => paintRow(theme, body[index] ?? [''], columns))} />
      <Footer places={['everywhere']} />
    </Box>
  );
}

/** How much is done, as a bar and a number; without a number only that it goes on. */
export function barOf(percent: number | undefined, width: number): readonly Piece[] {
  if (percent === undefined) return [['dim', '·'.repeat(Math.max(0, width))]];
  const full = Math.max(0, Math.min(width, Math.round((percent / 100) * width)));
  return [['good', '█'.repeat(full)], ['dim', '░'.repeat(width - full)], ` ${Math.round(percent)} %`];
}
