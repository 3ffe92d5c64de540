import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { Terminal as Screen } from '@xterm/headless';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createCompositor } from './compositor.ts';
import { type PaneSource, paneMark } from './pane.ts';
import { openTerminal } from './terminal.ts';

/** A terminal behind a link on which every write takes `linkMs` to leave, with all that was written and when. */
function openBed({ columns = 80, rows = 24, linkMs = 0 } = {}) {
  const clock = createFakeClock(0);
  const link = { ms: linkMs };
  const writes: { readonly at: number; readonly bytes: string }[] = [];
  const output = Object.assign(
    new Writable({
      decodeStrings: false,
      write(bytes: string, _, done) {
        writes.push({ at: clock.now(), bytes });
        if (link.ms === 0) done();
        else clock.after(link.ms, done);
      },
    }),
    { columns, rows },
  );
  const input = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const signals = Object.assign(new EventEmitter(), { suspend: () => undefined });
  const terminal = openTerminal({ input, output, signals, clock });
  const compositor = createCompositor(terminal, clock);
  /** Lets the time pass a millisecond at a time, with what streams do in between. */
  const pass = async (ms: number, each: (at: number) => void = () => undefined): Promise<void> => {
    for (let at = 0; at < ms; at += 1) {
      each(at);
      clock.advance(1);
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
  };
  const end = (): void => {
    compositor.end();
    terminal.close();
  };
  return { clock, link, writes, compositor, pass, end };
}

/** A pane that always shows the newest of the lines said. */
function somePane() {
  const lines: string[] = [];
  let tell = (): void => undefined;
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
      tell = listener;
      return () => undefined;
    },
  };
  const say = (line: string): void => {
    lines.push(line);
    tell();
  };
  return { source, say };
}

const frameOf = (head: string, rows: number): string =>
  [head, ...Array.from({ length: rows - 3 }, () => paneMark), 'foot'].join('\n');

/** The most writes in any one second. */
function mostInASecond(writes: readonly { readonly at: number }[]): number {
  return Math.max(
    0,
    ...writes.map(({ at }) => writes.filter((other) => other.at >= at && other.at < at + 1000).length),
  );
}

test('a busy screen is written at most 30 times in a second, and nothing while nothing changes', async () => {
  const bed = openBed();
  await bed.pass(3_000, (at) => bed.compositor.frame(`frame ${at}`));
  const before = bed.writes.length;
  expect(mostInASecond(bed.writes.slice(1))).toBeLessThanOrEqual(31);
  expect(before).toBeGreaterThan(60);
  await bed.pass(5_000);
  expect(bed.writes.length - before).toBeLessThanOrEqual(1);
  bed.end();
});

test('on a link where writes wait, at most 10 in a second leave, one after the other, within their budget', async () => {
  const bed = openBed({ columns: 200, rows: 50, linkMs: 60 });
  const pane = somePane();
  bed.compositor.showPane(pane.source);
  const turn = (at: number): void => {
    bed.compositor.frame(frameOf(`frame ${at}`, 50));
    pane.say(`line ${at} ${'x'.repeat(150)}`);
  };
  await bed.pass(2_000, turn);
  expect(bed.compositor.isSlow()).toBe(true);
  const from = bed.writes.length;
  await bed.pass(3_000, turn);
  const slow = bed.writes.slice(from);
  expect(mostInASecond(slow)).toBeLessThanOrEqual(11);
  for (const [index, { at }] of slow.entries()) {
    const last = slow[index - 1];
    if (last) expect(at - last.at).toBeGreaterThanOrEqual(60);
  }
  // No more than the screen once, whatever has come in between.
  for (const { bytes } of slow) expect(bytes.length).toBeLessThan(200 * 50 * 1.2);
  bed.link.ms = 0;
  await bed.pass(3_000, turn);
  expect(bed.compositor.isSlow()).toBe(false);
  bed.end();
});

test('no row that stays as it is is touched, and none is emptied before it is written', async () => {
  const bed = openBed();
  const pane = somePane();
  bed.compositor.showPane(pane.source);
  await bed.pass(2_000, (at) => {
    if (at % 40 === 0) bed.compositor.frame(frameOf(`frame ${at}`, 24));
    if (at % 7 === 0) pane.say(`line ${at}`);
  });
  bed.end();
  const screen = new Screen({ cols: 80, rows: 24, allowProposedApi: true });
  const rowsNow = (): string[] =>
    Array.from({ length: 24 }, (_, row) => screen.buffer.active.getLine(row)?.translateToString(true) ?? '');
  const frames = bed.writes.slice(1, -1);
  expect(frames.length).toBeGreaterThan(60);
  for (const [index, { bytes }] of frames.entries()) {
    const before = rowsNow();
    await new Promise<void>((resolve) => screen.write(bytes, resolve));
    const after = rowsNow();
    expect(bytes).not.toMatch(/\u001b\[\d*J/);
    // What clears the rest of a row comes after its text, and the next thing is another row.
    expect(bytes).not.toMatch(/\u001b\[K(?!\u001b\[|\r\n|$)/);
    if (index < 2) continue;
    const outside = bytes.replace(/\u001b\[\d+;\d+r[\s\S]*?\u001b\[r/g, '');
    for (const [, row] of outside.matchAll(/\u001b\[(\d+);1H/g)) {
      expect(after[Number(row) - 1], `row ${row} of write ${index}`).not.toBe(before[Number(row) - 1]);
    }
    for (const [row, text] of after.entries()) if (text === '') expect(before[row]).toBe('');
  }
});
