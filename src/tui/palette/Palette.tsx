import { Box } from 'ink';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { ResolvedLine } from '../../client/command-lines.ts';
import { createLineEditor, type LineEditor } from '../../platform/line-editor/line-editor.ts';
import { candidateRows } from '../../platform/line-editor/line-view.ts';
import type { LineHistory } from '../../platform/terminal/line-history.ts';
import { EditorField } from '../components/EditorField.tsx';
import { Lines } from '../components/Lines.tsx';
import { type Tui, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { paintRow, paintWhole } from '../pieces.ts';
import { RunOutput } from './RunOutput.tsx';
import type { Run } from './runs.ts';

const candidateSpace = 4;

/** Lays the command line over the screen; `screenRows` is the height of the whole. */
export function openPalette(tui: Tui, screenRows: number): void {
  if (!tui.commandLines) {
    tui.notify({ tone: 'plain', text: 'c shows the command lines of what is selected' });
    return;
  }
  tui.open({
    rows: candidateSpace + 2,
    render: (close) => <Palette history={tui.consoles.palette} screenRows={screenRows} close={close} />,
  });
}

/** Lays what a command prints over the screen. */
function openRun(tui: Tui, run: Run, screenRows: number): void {
  const rows = Math.max(6, Math.floor(screenRows * 0.6));
  tui.open({ rows, render: (close) => <RunOutput key={run.line} run={run} rows={rows} close={close} /> });
}

function Palette({
  history,
  screenRows,
  close,
}: {
  readonly history: LineHistory;
  readonly screenRows: number;
  readonly close: () => void;
}): ReactElement {
  const tui = useTui();
  const { theme, commandLines } = tui;
  const { columns } = useSize();
  const [editor] = useState<LineEditor>(() => createLineEditor(history.lines));
  const [candidates, setCandidates] = useState<readonly string[]>([]);
  const [refusal, setRefusal] = useState<{ readonly why: string; readonly hint?: string }>();
  const isResolving = useRef(false);
  const [newest] = tui.runs.list();
  // The first completion should not have to wait for the table of commands.
  useEffect(() => {
    commandLines?.complete('', 0).catch((error: unknown) => setRefusal({ why: String(error) }));
  }, [commandLines]);

  const enter = async (typed: string): Promise<void> => {
    const line = typed.trim();
    if (line === '') {
      close();
      if (newest) openRun(tui, newest, screenRows);
      return;
    }
    if (!commandLines) return;
    isResolving.current = true;
    const resolved = await commandLines.resolve(line).finally(() => {
      isResolving.current = false;
    });
    if (resolved.kind === 'refused') {
      setRefusal(resolved);
      return;
    }
    await history.add(line);
    if (resolved.kind === 'run') openRun(tui, tui.runs.begin(line, resolved.words, columns), screenRows);
    else {
      close();
      goTo(tui, resolved);
    }
  };
  const below =
    candidates.length > 0
      ? candidateRows(candidates, columns).split('\n')
      : refusal
        ? [
            paintRow(theme, [['bad', refusal.why]], columns),
            refusal.hint === undefined ? '' : paintRow(theme, [['dim', refusal.hint]], columns),
          ]
        : newest
          ? [paintRow(theme, [['dim', `Enter alone shows what "${newest.line}" said`]], columns)]
          : [];
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Lines
        rows={[
          paintWhole(theme, 'selected', [' Command line: Tab completes, Ctrl-R searches, Esc leaves'], columns),
          ...Array.from({ length: candidateSpace }, (_, at) => below[at] ?? ''),
        ]}
      />
      <EditorField
        editor={editor}
        layer={layers.dialog}
        label=": "
        complete={commandLines?.complete}
        take={() => isResolving.current}
        onCandidates={setCandidates}
        onChange={() => setRefusal(undefined)}
        onLine={(line) => {
          enter(line).catch((error: unknown) => setRefusal({ why: String(error) }));
        }}
        onLeave={close}
        onInterrupt={close}
      />
    </Box>
  );
}

function goTo(tui: Tui, { screen, server: wanted }: Extract<ResolvedLine, { readonly kind: 'screen' }>): void {
  const { store, notify } = tui;
  if (screen === 'fleet' || wanted === undefined) {
    store.apply({ kind: 'go', route: { screen: screen === 'players' ? 'players' : 'fleet' } });
    return;
  }
  const server = [...store.state().servers.values()].find(({ id, name }) => name === wanted || id === wanted);
  if (server) store.apply({ kind: 'go', route: { screen: 'server', id: server.id, tab: screen } });
  else notify({ tone: 'bad', text: `There is no server "${wanted}"` });
}
