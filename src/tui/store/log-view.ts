import type { FollowedGap, FollowedItem, LogSink } from '../../client/follow/follow-log.ts';
import type { Clock } from '../../platform/clock.ts';
import { namesPlayer } from '../../zomboid/console/log-filter.ts';
import type { PaneSource } from '../terminal/pane.ts';
import type { Theme } from '../theme.ts';
import { createLineRing, type KeptLine, type LogLevel, logLevels } from './log-lines.ts';
import { createLogRows } from './log-rows.ts';

/** How a log is looked at. */
export interface LogStatus {
  readonly isFollowing: boolean;
  /** Lines that have come since one scrolled up. */
  readonly newLines: number;
  readonly level: LogLevel;
  /** Only lines of this category of the game; absent: of every one. */
  readonly category: string | undefined;
  /** Only lines that name this player; empty: whoever they name. */
  readonly player: string;
  readonly search: string;
  readonly isWrapped: boolean;
  readonly hasTimes: boolean;
  /** Why nothing comes; absent while all is well. */
  readonly news: string | undefined;
}

/** A log on the screen: what came of it, and which part of that one sees. */
export interface LogView extends PaneSource, LogSink {
  status(): LogStatus;
  /** Moves by lines, up where negative: up pauses, down to the end follows again. */
  scroll(lines: number): void;
  toFirst(): void;
  follow(): void;
  nextLevel(): void;
  /** Goes to the next category that lines have, or the one before; after the last come all of them. */
  nextCategory(step: 1 | -1): void;
  /** Only lines that name this player, as `zedops logs --player` does; empty lets all pass. */
  ofPlayer(name: string): void;
  search(text: string): void;
  /** Goes to the next line that fits the search, or the one before; false where there is none. */
  seek(direction: 1 | -1): boolean;
  toggleWrap(): void;
  toggleTimes(): void;
  /** Everything that passes level, category and player, as text. */
  text(): string;
  /** Told when the status has changed. */
  onStatus(listener: () => void): () => void;
}

const mostLines = 20_000;
const mostChars = 8 * 1024 * 1024;
/** Milliseconds for which new lines are counted before the count is shown. */
const countMs = 150;

/** Makes the view of one log. */
export function createLogView(theme: Theme, clock: Clock): LogView {
  const ring = createLineRing(mostLines, mostChars);
  let status: LogStatus = {
    isFollowing: true,
    newLines: 0,
    level: 'all',
    category: undefined,
    player: '',
    search: '',
    isWrapped: false,
    hasTimes: true,
    news: undefined,
  };
  /** Place after the last line seen while paused. */
  let bottom = 0;
  /** Place after the last line painted while following. */
  let painted = 0;
  let isStale = true;
  /** Whether there were rows for the whole pane when it was last painted whole. */
  let isFull = false;
  let size = { width: 80, height: 20 };
  const listeners = new Set<() => void>();
  const statusListeners = new Set<() => void>();

  const passes = (line: KeptLine | undefined): line is KeptLine =>
    line !== undefined &&
    (line.kind === 'remark' ||
      (line.loudness >= logLevels.indexOf(status.level) &&
        (status.category === undefined || line.category?.toLowerCase() === status.category.toLowerCase()) &&
        (status.player === '' || namesPlayer(line.text, status.player))));
  let newLines = 0;
  let isCounting = false;
  const set = (change: Partial<LogStatus>): void => {
    status = { ...status, ...change };
    for (const listener of [...statusListeners]) listener();
  };
  const countSoon = (): void => {
    if (isCounting) return;
    isCounting = true;
    clock.after(countMs, () => {
      isCounting = false;
      if (!status.isFollowing && newLines !== status.newLines) set({ newLines });
    });
  };
  const repaint = (change: Partial<LogStatus>): void => {
    isStale = true;
    set(change);
    for (const listener of [...listeners]) listener();
  };
  const endSeen = (): number => (status.isFollowing ? ring.end() : Math.max(bottom, ring.first()));

  const toRows = createLogRows(theme);
  const rowsOf = (line: KeptLine, width: number): readonly string[] => toRows(line, status, width);

  const rows = (width: number, height: number): string[] => {
    const shown: string[] = [];
    for (let place = endSeen() - 1; place >= ring.first() && shown.length < height; place -= 1) {
      const line = ring.at(place);
      if (passes(line)) shown.unshift(...rowsOf(line, width));
    }
    return shown.slice(-height);
  };

  /** Counts what has come since one scrolled up, from a place on. */
  const countFrom = (place: number): void => {
    if (status.isFollowing) return;
    for (let next = place; next < ring.end(); next += 1) if (passes(ring.at(next))) newLines += 1;
    countSoon();
  };

  const take = (item: FollowedItem): void => {
    const before = ring.end();
    if (item.kind === 'lines') {
      ring.addLines(item);
      countFrom(before);
    } else if (item.kind === 'gap') {
      ring.addRemark(`${item.count ?? 'some'} lines lost: ${reasons[item.reason]}`);
      countFrom(before);
    } else {
      const news =
        item.kind === 'connection'
          ? item.state === 'lost'
            ? 'the manager is away; the log goes on when it is back'
            : undefined
          : noticeNews[item.notice];
      if (news !== status.news) set({ news });
      return;
    }
    if (status.isFollowing) for (const listener of [...listeners]) listener();
  };
  const followNow = (): void => {
    newLines = 0;
    repaint({ isFollowing: true, newLines: 0 });
  };

  return {
    take,
    backlog: () => 0,
    drained: () => Promise.resolve(),
    status: () => status,
    rows(width, height) {
      size = { width, height };
      isStale = false;
      painted = ring.end();
      const shown = rows(width, height);
      isFull = shown.length >= height;
      return shown;
    },
    newRows(width, height) {
      if (isStale || !status.isFollowing || painted < ring.first() || width !== size.width || height !== size.height)
        return undefined;
      const news: KeptLine[] = [];
      for (let place = ring.end() - 1; place >= painted; place -= 1) {
        const line = ring.at(place);
        if (passes(line)) news.push(line);
        // More than the pane holds: it is painted whole, and the rest needs no rows at all.
        if (news.length >= height) return undefined;
      }
      const added = news.reverse().flatMap((line) => rowsOf(line, width));
      if (added.length >= height) return undefined;
      // A pane that is not full yet fills from its top.
      if (added.length > 0 && !isFull) return undefined;
      painted = ring.end();
      return added;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onStatus(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    scroll(lines) {
      let place = endSeen();
      const step = lines < 0 ? -1 : 1;
      let left = Math.abs(lines);
      while (left > 0 && place + step >= ring.first() && place + step <= ring.end()) {
        place += step;
        if (passes(ring.at(step < 0 ? place : place - 1))) left -= 1;
      }
      if (place >= ring.end()) {
        followNow();
        return;
      }
      bottom = Math.max(place, firstFull());
      repaint({ isFollowing: false });
    },
    toFirst() {
      bottom = firstFull();
      repaint({ isFollowing: false });
    },
    follow: followNow,
    nextLevel() {
      const next = logLevels[(logLevels.indexOf(status.level) + 1) % logLevels.length] ?? 'all';
      repaint({ level: next });
    },
    nextCategory(step) {
      const all = [undefined, ...categories()];
      // One that no line has any more is as good as none.
      const at = Math.max(0, all.indexOf(status.category));
      repaint({ category: all[(at + step + all.length) % all.length] });
    },
    ofPlayer: (player) => repaint({ player }),
    search: (search) => repaint({ search }),
    seek(direction) {
      if (status.search === '') return false;
      const wanted = status.search.toLowerCase();
      for (let place = endSeen() - 1 + direction; place >= ring.first() && place < ring.end(); place += direction) {
        const line = ring.at(place);
        if (!passes(line) || !line.text.toLowerCase().includes(wanted)) continue;
        bottom = place + 1;
        repaint({ isFollowing: false });
        return true;
      }
      return false;
    },
    toggleWrap: () => repaint({ isWrapped: !status.isWrapped }),
    toggleTimes: () => repaint({ hasTimes: !status.hasTimes }),
    text() {
      let text = '';
      for (let place = ring.first(); place < ring.end(); place += 1) {
        const line = ring.at(place);
        if (passes(line)) text += line.kind === 'remark' ? `── ${line.text} ──\n` : `${line.time} ${line.text}\n`;
      }
      return text;
    },
  };

  /** The categories of the lines that are kept, in the order of their names. */
  function categories(): readonly string[] {
    const seen = new Set<string>();
    for (let place = ring.first(); place < ring.end(); place += 1) {
      const category = ring.at(place)?.category;
      if (category !== undefined) seen.add(category);
    }
    return [...seen].toSorted();
  }

  /** The place at which the pane is just full when one looks at the oldest lines. */
  function firstFull(): number {
    let place = ring.first();
    for (let count = 0; count < size.height && place < ring.end(); place += 1) if (passes(ring.at(place))) count += 1;
    return place;
  }
}

const reasons: Readonly<Record<FollowedGap['reason'], string>> = {
  'slow-reader': 'they came faster than they were read',
  rotated: 'the engine has thrown them away',
  'restarted-numbering': 'the host has lost count of them',
  unexplained: 'nobody says why',
};

const noticeNews = {
  live: undefined,
  'host-offline': 'the host is offline; its log goes on when it comes back',
  'host-back': undefined,
  'not-running': 'the server is not running; its log goes on when it starts',
} as const;
