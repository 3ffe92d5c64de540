import type { Clock } from '../../platform/clock.ts';
import { type Pane, type PaneArea, type PaneSource, paintPane, paneMark, wholeRow } from './pane.ts';

/** What {@link createCompositor} draws on. */
export interface Surface {
  size(): { readonly columns: number; readonly rows: number };
  write(bytes: string, done: () => void): void;
  canSynchronize(): boolean;
}

/** Puts whole frames on a screen by writing only what differs from what is there. */
export interface Compositor {
  /** Takes the next frame: rows joined by line feeds. Only the newest one is ever drawn. */
  frame(text: string): void;
  /** Shows a pane in the rows that frames leave to it; the returned function takes it off. */
  showPane(source: PaneSource): () => void;
  /** Says that nothing is known of what is on the screen. */
  forget(): void;
  /** Whether frames are drawn less often because the way to the terminal is slow. */
  isSlow(): boolean;
  end(): void;
}

/** Milliseconds between two frames: at most 30 in a second, 10 on a slow link. */
const frameMs = 33;
const slowMs = 100;
/** A pane of log lines is drawn more often: a line is to be seen within 20 ms, of which its way here takes some five. */
const paneMs = 12;
/** Bytes in one write; rows that are left over go with the next frame. */
const mostBytes = 48 * 1024;
const mostBytesSlow = 6 * 1024;
/** Milliseconds a write takes to leave from where on a link counts as slow, and below which as fast again. */
const slowWriteMs = 25;
const fastWriteMs = 8;
/** A terminal that was stopped for a minute is not slow for an hour. */
const longestCountedMs = 250;

/** Makes the compositor. It writes nothing while nothing changes, and one write at a time. */
export function createCompositor(surface: Surface, clock: Clock): Compositor {
  let wanted: readonly string[] = [];
  let shown: (string | undefined)[] = [];
  let pane: Pane | undefined;
  let area: PaneArea | undefined;
  let isFrameDirty = false;
  let isWriting = false;
  let hasEnded = false;
  let frameAt = Number.NEGATIVE_INFINITY;
  let wroteAt = Number.NEGATIVE_INFINITY;
  let writeMs = 0;
  let takeBack: (() => void) | undefined;

  let isLinkSlow = false;
  const isSlow = (): boolean => isLinkSlow;

  const schedule = (): void => {
    takeBack?.();
    takeBack = undefined;
    if (isWriting || hasEnded) return;
    const isPaneDue = area !== undefined && pane?.isDirty() === true;
    if (!isFrameDirty && !isPaneDue) return;
    const pace = isSlow() ? slowMs : frameMs;
    const dueAt = Math.min(
      isFrameDirty ? frameAt + pace : Number.POSITIVE_INFINITY,
      isPaneDue ? wroteAt + (isSlow() ? slowMs : paneMs) : Number.POSITIVE_INFINITY,
    );
    const wait = dueAt - clock.steady();
    if (wait <= 0) draw();
    else takeBack = clock.after(wait, draw);
  };

  const drawRows = (budget: number): string => {
    let bytes = '';
    const { rows, columns } = surface.size();
    for (let row = 0; row < rows; row += 1) {
      if (area && row >= area.top && row < area.top + area.height) continue;
      const text = wanted[row] ?? '';
      if (shown[row] === text) continue;
      if (bytes.length > budget) return bytes;
      bytes += `\u001b[${row + 1};1H${wholeRow(text, columns)}`;
      shown[row] = text;
    }
    isFrameDirty = false;
    return bytes;
  };

  const draw = (): void => {
    takeBack = undefined;
    if (isWriting || hasEnded) return;
    const now = clock.steady();
    const budget = isSlow() ? mostBytesSlow : mostBytes;
    let bytes = '';
    if (isFrameDirty && now >= frameAt + (isSlow() ? slowMs : frameMs)) {
      bytes += drawRows(budget);
      frameAt = now;
    }
    if (pane && area) bytes += paintPane(pane, area, surface.size().columns);
    wroteAt = now;
    if (bytes === '') {
      schedule();
      return;
    }
    isWriting = true;
    const whole = surface.canSynchronize() ? `\u001b[?2026h${bytes}\u001b[?2026l` : bytes;
    surface.write(whole, () => {
      isWriting = false;
      // Newer writes weigh a quarter, so that one hiccup is no slow link.
      writeMs += (Math.min(longestCountedMs, clock.steady() - now) - writeMs) / 4;
      isLinkSlow = writeMs > (isLinkSlow ? fastWriteMs : slowWriteMs);
      schedule();
    });
  };

  const settleArea = (): void => {
    const first = wanted.findIndex((row) => row.startsWith(paneMark));
    let last = first;
    while (first !== -1 && wanted[last + 1]?.startsWith(paneMark)) last += 1;
    const next = first === -1 ? undefined : { top: first, height: last - first + 1 };
    if (next?.top === area?.top && next?.height === area?.height) return;
    // What was the pane's may be a row's now, and the other way round.
    for (const some of [area, next]) {
      if (some) shown.fill(undefined, some.top, some.top + some.height);
    }
    area = next;
    pane?.forget();
  };

  return {
    isSlow,
    frame(text) {
      const { rows } = surface.size();
      wanted = text.split('\n').slice(0, rows);
      while (shown.length < rows) shown.push(undefined);
      settleArea();
      isFrameDirty = true;
      schedule();
    },
    showPane(source) {
      pane?.end();
      const mine = createPane(source, schedule);
      pane = mine;
      schedule();
      return () => {
        mine.end();
        if (pane === mine) pane = undefined;
      };
    },
    forget() {
      shown = Array.from({ length: surface.size().rows }, () => undefined);
      pane?.forget();
      isFrameDirty = true;
      schedule();
    },
    end() {
      hasEnded = true;
      takeBack?.();
      pane?.end();
    },
  };
}

function createPane(source: PaneSource, onDirty: () => void): Pane {
  let isDirty = true;
  let shown: readonly string[] | undefined;
  const unsubscribe = source.onChange(() => {
    isDirty = true;
    onDirty();
  });
  return {
    source,
    isDirty: () => isDirty,
    shown: () => shown,
    painted(rows) {
      shown = rows;
      isDirty = false;
    },
    forget() {
      shown = undefined;
      isDirty = true;
    },
    end: unsubscribe,
  };
}
