import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Box } from 'ink';
import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { followLog } from '../../../client/follow/follow-log.ts';
import { isoTime } from '../../../platform/clock.ts';
import { LineField } from '../../components/LineField.tsx';
import { Lines } from '../../components/Lines.tsx';
import { LogPane } from '../../components/LogPane.tsx';
import { useActions, useSize, useTui } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';
import { type Piece, paintEnds } from '../../pieces.ts';
import { createLogView, type LogStatus, type LogView } from '../../store/log-view.ts';
import type { TabProps } from './tab-props.ts';

const firstLines = 500;

/** A server's log: follows, pauses when scrolled up, and resumes where it was after an outage. */
export function Logs({ server, rows }: TabProps): ReactElement {
  const tui = useTui();
  const { theme } = tui;
  const { columns } = useSize();
  const view = useLog(server.id);
  const status = useSyncExternalStore(view.onStatus, view.status);
  const [typing, setTyping] = useState<'search' | 'player'>();
  const page = Math.max(1, rows - 2);
  const seek = (direction: 1 | -1): void => {
    if (!view.seek(direction)) tui.notify({ tone: 'plain', text: `"${view.status().search}" is not found there` });
  };
  useActions(layers.tab, ['log', 'list'], {
    down: () => view.scroll(1),
    up: () => view.scroll(-1),
    'page-down': () => view.scroll(page),
    'page-up': () => view.scroll(-page),
    first: () => view.toFirst(),
    'log.follow': () => view.follow(),
    'log.search': () => setTyping('search'),
    'log.next': () => seek(-1),
    'log.previous': () => seek(1),
    'log.level': () => view.nextLevel(),
    'log.category': () => view.nextCategory(1),
    'log.category-before': () => view.nextCategory(-1),
    'log.player': () => setTyping('player'),
    'log.wrap': () => view.toggleWrap(),
    'log.times': () => view.toggleTimes(),
    'log.save': () => {
      const path = join(tui.folder, `${server.name}-${isoTime(tui.clock.now()).replace(/[:.]/g, '-')}.log`);
      writeFile(path, view.text(), { flag: 'wx', mode: 0o600 }).then(
        () => tui.notify({ tone: 'good', text: `Saved to ${path}` }),
        (error: unknown) =>
          tui.notify({ tone: 'bad', text: `Not saved: ${error instanceof Error ? error.message : error}` }),
      );
    },
  });
  return (
    <Box flexDirection="column">
      <LogPane source={view} height={Math.max(1, rows - 1)} />
      {typing === 'search' ? (
        <LineField
          label="search: "
          first={status.search}
          onChange={(text) => view.search(text)}
          onEnter={() => {
            setTyping(undefined);
            if (view.status().search !== '') seek(-1);
          }}
          onEscape={() => {
            view.search('');
            setTyping(undefined);
          }}
        />
      ) : typing === 'player' ? (
        <LineField
          label="player: "
          first={status.player}
          onChange={(name) => view.ofPlayer(name)}
          onEnter={() => setTyping(undefined)}
          onEscape={() => {
            view.ofPlayer('');
            setTyping(undefined);
          }}
        />
      ) : (
        <Lines rows={[paintEnds(theme, leftOf(status), rightOf(status), columns)]} />
      )}
    </Box>
  );
}

function leftOf({ isFollowing, newLines, news }: LogStatus): Piece[] {
  const where: Piece = isFollowing
    ? ['good', '▼ following']
    : newLines === 0
      ? ['warn', '■ paused']
      : ['warn', `▼ ${newLines} new`];
  return news === undefined ? [where] : [where, ['warn', `  ${news}`]];
}

function rightOf({ level, category, player, search, isWrapped }: LogStatus): Piece[] {
  const parts = [
    `level ${level}`,
    ...(category === undefined ? [] : [`category ${category}`]),
    ...(player === '' ? [] : [`player ${player}`]),
    ...(search === '' ? [] : [`search "${search}"`]),
    isWrapped ? 'wrapped' : 'cut',
  ];
  return [['dim', parts.join(' · ')]];
}

/** The log of one server, followed while it is looked at. */
function useLog(server: string): LogView {
  const { client, clock, theme, notify } = useTui();
  const [view] = useState(() => createLogView(theme, clock));
  useEffect(() => {
    if (!client) return undefined;
    const ending = new AbortController();
    const { signal } = ending;
    followLog(
      { server, follow: true, tail: firstLines },
      { open: (open) => client.open(open), sink: view, clock, signal },
    ).catch((error: unknown) => {
      if (signal.aborted) return;
      notify({ tone: 'bad', text: `The log: ${error instanceof Error ? error.message : error}` });
    });
    return () => ending.abort();
  }, [client, clock, notify, server, view]);
  return view;
}
