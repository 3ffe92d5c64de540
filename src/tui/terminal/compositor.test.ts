import { Terminal as Screen } from '@xterm/headless';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createCompositor } from './compositor.ts';
import { type PaneSource, paneMark } from './pane.ts';

function openBed(columns = 20, rows = 6) {
  const clock = createFakeClock(0);
  const screen = new Screen({ cols: columns, rows, allowProposedApi: true });
  const writes: string[] = [];
  let sent: (() => void) | undefined;
  /** `isStuck`: writes do not leave. */
  const terminal = { canSynchronize: false, isStuck: false };
  return {
    clock,
    writes,
    terminal,
    leave: () => sent?.(),
    compositor: createCompositor(
      {
        size: () => ({ columns, rows }),
        canSynchronize: () => terminal.canSynchronize,
        write(bytes, done) {
          writes.push(bytes);
          screen.write(bytes);
          if (terminal.isStuck) sent = done;
          else done();
        },
      },
      clock,
    ),
    async rows() {
      await new Promise<void>((resolve) => screen.write('', resolve));
      return Array.from({ length: rows }, (_, row) => screen.buffer.active.getLine(row)?.translateToString(true) ?? '');
    },
  };
}

/** A pane of lines that a test adds. */
function somePane(lines: string[]) {
  const listeners = new Set<() => void>();
  let painted = 0;
  const source: PaneSource = {
    rows(_, height) {
      painted = lines.length;
      return lines.slice(-height);
    },
    newRows() {
      const added = lines.slice(painted);
      painted = lines.length;
      return added;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    source,
    say(...some: readonly string[]) {
      lines.push(...some);
      for (const listener of listeners) listener();
    },
  };
}

test('only rows that differ are written', async () => {
  const bed = openBed();
  bed.compositor.frame('one\ntwo\nthree');
  bed.clock.advance(100);
  bed.compositor.frame('one\nTWO\nthree');
  bed.clock.advance(100);
  expect(bed.writes).toHaveLength(2);
  expect(bed.writes[1]).toBe('\u001b[2;1HTWO\u001b[0m\u001b[K');
  expect(await bed.rows()).toEqual(['one', 'TWO', 'three', '', '', '']);
});

test('a row as wide as the screen keeps its last letter', async () => {
  const bed = openBed();
  bed.compositor.frame('12345678901234567890');
  bed.clock.advance(100);
  expect((await bed.rows())[0]).toBe('12345678901234567890');
});

test('at most 30 frames are drawn in a second, the last of them always, and none while nothing changes', async () => {
  const bed = openBed();
  for (let count = 0; count < 1000; count += 1) {
    bed.compositor.frame(`frame ${count}`);
    bed.clock.advance(1);
  }
  bed.clock.advance(100);
  expect(bed.writes.length).toBeLessThanOrEqual(32);
  expect((await bed.rows())[0]).toBe('frame 999');
  const before = bed.writes.length;
  bed.compositor.frame('frame 999');
  bed.clock.advance(10_000);
  expect(bed.writes).toHaveLength(before);
  expect(bed.clock.pending()).toBe(0);
});

test('one write at a time, and on a slow link at most 10 frames in a second', () => {
  const bed = openBed();
  bed.terminal.isStuck = true;
  bed.compositor.frame('a');
  for (let count = 0; count < 10; count += 1) {
    bed.compositor.frame(`b ${count}`);
    bed.clock.advance(200);
  }
  expect(bed.writes).toHaveLength(1);
  bed.terminal.isStuck = false;
  bed.leave();
  expect(bed.compositor.isSlow()).toBe(true);
  const before = bed.writes.length;
  for (let count = 0; count < 300; count += 1) {
    bed.compositor.frame(`c ${count}`);
    bed.clock.advance(1);
  }
  expect(bed.writes.length - before).toBeLessThanOrEqual(4);
  for (let count = 0; count < 40; count += 1) {
    bed.compositor.frame(`d ${count}`);
    bed.clock.advance(200);
  }
  expect(bed.compositor.isSlow()).toBe(false);
});

test('a frame over the budget comes in parts and is whole in the end', async () => {
  const bed = openBed(20_000, 10);
  bed.compositor.frame(Array.from({ length: 10 }, (_, row) => String(row).repeat(15_000)).join('\n'));
  bed.clock.advance(1);
  expect(bed.writes[0]?.length).toBeLessThan(80_000);
  bed.clock.advance(1_000);
  expect(bed.writes.length).toBeGreaterThan(1);
  expect((await bed.rows()).map((row) => row[0])).toEqual([...'0123456789']);
});

test('a terminal that can gets its frames at once', () => {
  const bed = openBed();
  bed.terminal.canSynchronize = true;
  bed.compositor.frame('one');
  bed.clock.advance(50);
  expect(bed.writes[0]).toMatch(/^\u001b\[\?2026h.*\u001b\[\?2026l$/);
});

test('a pane scrolls in its own rows and leaves the others alone', async () => {
  const bed = openBed();
  const pane = somePane(['l1', 'l2', 'l3']);
  bed.compositor.showPane(pane.source);
  bed.compositor.frame(['head', paneMark, paneMark, paneMark, 'foot'].join('\n'));
  bed.clock.advance(50);
  expect(await bed.rows()).toEqual(['head', 'l1', 'l2', 'l3', 'foot', '']);
  pane.say('l4');
  bed.clock.advance(50);
  expect(bed.writes.at(-1)).toBe('\u001b[2;4r\u001b[4;1H\r\nl4\u001b[0m\u001b[r');
  expect(await bed.rows()).toEqual(['head', 'l2', 'l3', 'l4', 'foot', '']);
  // Its place changes, and then it goes.
  bed.compositor.frame(['head', 'more', paneMark, paneMark, 'foot'].join('\n'));
  bed.clock.advance(50);
  expect(await bed.rows()).toEqual(['head', 'more', 'l3', 'l4', 'foot', '']);
  bed.compositor.frame(['head', 'no', 'pane', 'any', 'more'].join('\n'));
  bed.clock.advance(50);
  expect(await bed.rows()).toEqual(['head', 'no', 'pane', 'any', 'more', '']);
});

test('more lines than a pane holds are painted once', async () => {
  const bed = openBed();
  const pane = somePane(['l1', 'l2', 'l3']);
  bed.compositor.showPane(pane.source);
  bed.compositor.frame(['head', paneMark, paneMark, paneMark].join('\n'));
  bed.clock.advance(50);
  pane.say(...Array.from({ length: 1000 }, (_, index) => `m${index}`));
  bed.clock.advance(50);
  expect(await bed.rows()).toEqual(['head', 'm997', 'm998', 'm999', '', '']);
  expect(bed.writes.at(-1)?.length).toBeLessThan(100);
});
