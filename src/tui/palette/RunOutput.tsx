import { Box } from 'ink';
import { type ReactElement, useMemo, useState, useSyncExternalStore } from 'react';
import { createLineEditor } from '../../platform/line-editor/line-editor.ts';
import { EditorField } from '../components/EditorField.tsx';
import { Lines } from '../components/Lines.tsx';
import { shownOutput } from '../components/output-rows.ts';
import { useActions, useKeys, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { type Piece, paintEnds, paintRow, paintWhole } from '../pieces.ts';
import type { Question, Run, RunState } from './runs.ts';

/** What a command prints, with its questions and its exit code. It goes on when this is closed. */
export function RunOutput({
  run,
  rows,
  close,
}: {
  readonly run: Run;
  readonly rows: number;
  readonly close: () => void;
}): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const state = useSyncExternalStore(run.onChange, run.state);
  const [up, setUp] = useState(0);
  const height = Math.max(1, rows - 2);
  const shown = shownOutput(state.output, { width: columns, height, up });
  const scroll = (by: number): void => setUp(Math.max(0, shown.up + by));
  useKeys(layers.dialog, (name) => {
    if (name === 'ctrl+c' && state.exitCode === undefined) run.interrupt();
    else if (['escape', 'q', 'ctrl+c', 'enter'].includes(name)) close();
    // Nothing reaches the screen below; what is left to the program is to be suspended and drawn anew.
    return name !== 'ctrl+z' && name !== 'ctrl+l';
  });
  useActions(layers.dialog, ['list'], {
    down: () => scroll(-1),
    up: () => scroll(1),
    'page-down': () => scroll(-height),
    'page-up': () => scroll(height),
    first: () => setUp(Number.MAX_SAFE_INTEGER),
    last: () => setUp(0),
  });
  const painted = shown.rows.map(({ tone, text }) => paintRow(theme, [[tone, text]], columns));
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Lines
        rows={[
          paintWhole(theme, 'selected', [` zedops ${run.line.replace(/^zedops\s+/, '')}`], columns),
          ...Array.from({ length: height }, (_, at) => painted[at] ?? ''),
        ]}
      />
      {state.question ? (
        <Answer key={state.question.text} question={state.question} />
      ) : (
        <Lines rows={[paintEnds(theme, statusOf(state), keysOf(state, shown.up), columns)]} />
      )}
    </Box>
  );
}

function Answer({ question }: { readonly question: Question }): ReactElement {
  const editor = useMemo(() => createLineEditor(), []);
  return (
    <EditorField
      editor={editor}
      layer={layers.dialog + 1}
      label={question.text}
      isSecret={!question.isShown}
      onLine={question.answer}
      onLeave={question.leave}
      onInterrupt={question.leave}
    />
  );
}

function statusOf({ exitCode }: RunState): readonly Piece[] {
  if (exitCode === undefined) return [['accent', 'runs']];
  return exitCode === 0 ? [['good', 'done']] : [['bad', `exit code ${exitCode}`]];
}

function keysOf({ exitCode }: RunState, up: number): readonly Piece[] {
  const where: Piece[] = up === 0 ? [] : [['warn', `▲ ${up} rows up  `]];
  const keys = exitCode === undefined ? 'Esc lets it go on, Ctrl-C ends the waiting' : 'Esc closes';
  return [...where, ['dim', keys]];
}
