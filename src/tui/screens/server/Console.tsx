import { Box } from 'ink';
import { type ReactElement, useMemo, useState, useSyncExternalStore } from 'react';
import { candidateRows } from '../../../platform/line-editor/line-view.ts';
import { commandRights } from '../../../zomboid/commands/catalogue.ts';
import { redactCommand } from '../../../zomboid/commands/redact-command.ts';
import { EditorField } from '../../components/EditorField.tsx';
import { Lines } from '../../components/Lines.tsx';
import { Confirm, confirmRows } from '../../components/Overlay.tsx';
import { shownOutput } from '../../components/output-rows.ts';
import type { GameConsole } from '../../console/game-console.ts';
import { consoleHindrance, lineHindrance } from '../../console/line-rights.ts';
import { useActions, useSize, useTui, useTuiState } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';
import { consoleKeys } from '../../keys/typing-keys.ts';
import { type Piece, paintEnds, paintRow } from '../../pieces.ts';
import type { TabProps } from './tab-props.ts';

const mostCandidateRows = 4;

/** The console of a server's game: lines and answers, which stay while one looks elsewhere. */
export function Console({ server, rows }: TabProps): ReactElement {
  const { consoles } = useTui();
  const { id, name } = server;
  const console = useMemo(() => consoles.of({ id, name }), [consoles, id, name]);
  if (!console) return <Lines rows={Array.from({ length: rows }, () => '')} />;
  return <OpenConsole server={server} rows={rows} console={console} />;
}

function OpenConsole({ server, rows, console }: TabProps & { readonly console: GameConsole }): ReactElement {
  const tui = useTui();
  const { theme, isReadOnly } = tui;
  const { columns } = useSize();
  const { me } = useTuiState();
  const state = useSyncExternalStore(console.onChange, console.state);
  const [isTyping, setTyping] = useState(true);
  const [candidates, setCandidates] = useState<readonly string[]>([]);
  const [up, setUp] = useState(0);
  const typist = { me, isReadOnly, server };

  const send = (line: string): void => {
    const why = lineHindrance(state.build, line, typist);
    if (why !== undefined) {
      console.remark('bad', `${redactCommand(line)}: not sent: ${why}`);
      return;
    }
    const go = (): void => void console.send(line);
    if (commandRights(state.build, line).effect !== 'destroy') {
      go();
      return;
    }
    const warnings = ['This cannot be undone.'];
    tui.open({
      rows: confirmRows(warnings),
      render: (close) => (
        <Confirm
          title={`Send "${redactCommand(line)}" to ${server.name}`}
          warnings={warnings}
          command={`zedops rcon ${server.name} --yes -- ${redactCommand(line)}`}
          close={close}
          onYes={go}
        />
      ),
    });
  };
  const scroll = (by: number): void => setUp(Math.max(0, shown.up + by));
  const onLine = (text: string): void => {
    const line = text.trim();
    setUp(0);
    if (line === '') return;
    if (state.isWaiting)
      tui.notify({ tone: 'warn', text: `${server.name} has not answered yet: Ctrl-C stops waiting` });
    else {
      console.takeLine(line);
      send(line);
    }
  };

  const below =
    candidates.length === 0 ? [] : candidateRows(candidates, columns).split('\n').slice(0, mostCandidateRows);
  const height = Math.max(1, rows - 2 - below.length);
  const shown = shownOutput(state.output, { width: columns, height, up });
  useActions(layers.tab, ['console', 'list'], {
    'console.type': () => setTyping(true),
    down: () => scroll(-1),
    up: () => scroll(1),
    'page-down': () => scroll(-height),
    'page-up': () => scroll(height),
    last: () => setUp(0),
    first: () => setUp(Number.MAX_SAFE_INTEGER),
  });
  const takeWhileTyping = (name: string): boolean => {
    if (name === 'page-up') scroll(height);
    else if (name === 'page-down') scroll(-height);
    else return false;
    return true;
  };
  const why = consoleHindrance(typist);
  const painted = shown.rows.map(({ tone, text }) => paintRow(theme, [[tone, text]], columns));
  const hello =
    state.output.rows.length === 0
      ? paintRow(
          theme,
          [['dim', `Commands for ${server.name}: Tab completes, Ctrl-R searches, help lists them`]],
          columns,
        )
      : '';
  return (
    <Box flexDirection="column">
      <Lines rows={Array.from({ length: height }, (_, at) => painted[at] ?? (at === 0 ? hello : ''))} />
      <Lines rows={[...below, paintEnds(theme, statusPieces(state, why), placePieces(isTyping, shown.up), columns)]} />
      {isTyping ? (
        <EditorField
          editor={console.editor()}
          label={`${server.name}${state.isAway ? ' (away)' : ''}> `}
          keys={consoleKeys}
          complete={console.complete}
          take={takeWhileTyping}
          onCandidates={setCandidates}
          onLine={onLine}
          onLeave={() => setTyping(false)}
          onInterrupt={console.stopWaiting}
        />
      ) : (
        <Lines rows={[paintRow(theme, [['dim', 'i types again']], columns)]} />
      )}
    </Box>
  );
}

function statusPieces(
  { isWaiting, isAway, build }: ReturnType<GameConsole['state']>,
  why: string | undefined,
): readonly Piece[] {
  const pieces: Piece[] = build === undefined ? [] : [['dim', `build ${build}  `]];
  if (isAway) pieces.push(['warn', 'away, looking for it  ']);
  else if (isWaiting) pieces.push(['accent', 'waits for the answer, Ctrl-C stops  ']);
  if (why !== undefined) pieces.push(['warn', `look only: ${why}`]);
  return pieces;
}

function placePieces(isTyping: boolean, up: number): readonly Piece[] {
  const where: Piece[] = up === 0 ? [] : [['warn', `▲ ${up} rows up  `]];
  return [...where, ['dim', isTyping ? 'Esc: keys of the screen' : '']];
}
