import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogFrames } from './docker-log-frames.ts';
import { createLogLines, searchStart } from './log-lines.ts';
import type { LogPosition } from './runtime.ts';

interface Entry {
  readonly time: string;
  readonly isError: boolean;
  readonly text: string;
}

const time = (nanoseconds: number): string =>
  `2026-11-21T10:00:${String(Math.floor(nanoseconds / 1e9)).padStart(2, '0')}.${String(nanoseconds % 1e9).padStart(9, '0')}Z`;

const frame = (isError: boolean, payload: string | Buffer): Buffer => {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = isError ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

const frames = (entries: readonly Entry[]): Buffer =>
  Buffer.concat(entries.map(({ time: at, isError, text }) => frame(isError, `${at} ${text}\n`)));

const shown = (entries: readonly Entry[]): string[] =>
  entries.map(({ time: at, isError, text }) => `${at} ${isError ? 'e' : 'o'} ${text}`);

/** Reads a stream in the given pieces, taking a chunk after each. */
function read(pieces: readonly Buffer[], after?: LogPosition): { lines: string[]; position: LogPosition | undefined } {
  const lines = createLogLines(after);
  const reader = createLogFrames(lines);
  const out: string[] = [];
  let position: LogPosition | undefined;
  const take = (): void => {
    const chunk = lines.take();
    if (!chunk) return;
    const some = chunk.text.split('\n');
    expect(some).toHaveLength(chunk.count);
    out.push(...some);
    position = chunk.position;
  };
  for (const piece of pieces) {
    reader.push(piece);
    take();
  }
  reader.end();
  lines.finish();
  take();
  return { lines: out, position };
}

const entries: readonly Entry[] = [
  { time: time(1), isError: false, text: 'one' },
  { time: time(2), isError: true, text: '' },
  { time: time(2), isError: true, text: 'žluťoučký kůň 🧟' },
  { time: time(5), isError: false, text: 'with  spaces ' },
  { time: time(3), isError: true, text: 'stamped earlier, written later' },
  { time: time(5), isError: false, text: 'same time again' },
  { time: time(3_000_000_000), isError: false, text: 'three seconds on' },
  { time: time(3_000_000_000), isError: false, text: 'three seconds on' },
];

describe('the reader of an engine’s log', () => {
  test('gives the same lines wherever the stream is cut', () => {
    const stream = frames(entries);
    for (let at = 0; at <= stream.length; at += 1) {
      expect(read([stream.subarray(0, at), stream.subarray(at)]).lines).toEqual(shown(entries));
    }
    expect(read([...stream].map((byte) => Buffer.from([byte]))).lines).toEqual(shown(entries));
  });

  test('goes on after every place, also among equal and disordered times', () => {
    const counts = new Map<string, number>();
    const disorderFrom = (start: string): Entry[] => entries.filter((entry) => entry.time >= start);
    entries.forEach((entry, index) => {
      const nth = (counts.get(entry.time) ?? 0) + 1;
      counts.set(entry.time, nth);
      // The engine leaves out what is older than `since`, line by line, as it does here.
      const start = new Date(Number(searchStart({ time: entry.time, nth }).split('.')[0]) * 1000)
        .toISOString()
        .slice(0, 19);
      const stream = frames(disorderFrom(start));
      const { lines, position } = read([stream], { time: entry.time, nth });
      expect(lines).toEqual(shown(entries.slice(index + 1)));
      if (lines.length > 0) expect(position).toEqual({ time: time(3_000_000_000), nth: 2 });
    });
  });

  test('begins with the line itself where the place is just before it', () => {
    const { lines } = read([frames(entries)], { time: time(2), nth: 0 });
    expect(lines).toEqual(shown(entries.slice(1)));
  });

  test('gives all there is where the engine has dropped the place', () => {
    const left = entries.slice(6);
    expect(read([frames(left)], { time: time(4), nth: 1 }).lines).toEqual(shown(left));
    const soon = entries.slice(3, 6);
    expect(read([frames(soon)], { time: time(2), nth: 9 }).lines).toEqual(shown(soon));
  });

  test('asks the engine from two seconds before a place on, to the nanosecond', () => {
    expect(searchStart({ time: '2026-11-21T10:00:05.000000123Z', nth: 1 })).toBe('1795255203.000000123');
    expect(() => searchStart({ time: 'yesterday', nth: 1 })).toThrow('not a time');
  });

  test('joins the pieces of a long line, each stream for itself, and drops what is past 256 KiB', () => {
    const at = time(7);
    const piece = 'x'.repeat(16_384);
    const other = frame(true, `${time(8)} between\n`);
    const long = [frame(false, `${at} ${piece}`), other, frame(false, `${at} ${piece}`), frame(false, `${at} end\n`)];
    expect(read(long).lines).toEqual([`${time(8)} e between`, `${at} o ${piece}${piece}end`]);
    const huge = Array.from({ length: 20 }, () => frame(false, `${at} ${piece}`));
    const [line = ''] = read([...huge, frame(false, `${at} end\n`)]).lines;
    expect(line.length).toBeLessThan(257 * 1024);
    expect(line).toMatch(/x … \(65539 more bytes of this line were dropped\)$/);
  });

  test('ends a line that never got its end where the next one has another time', () => {
    const cut = [
      frame(false, `${time(1)} cut off`),
      frame(false, `${time(2)} next\n`),
      frame(false, `${time(3)} last`),
    ];
    expect(read(cut).lines).toEqual([`${time(1)} o cut off`, `${time(2)} o next`, `${time(3)} o last`]);
  });

  test('makes text of any bytes without losing a line', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 }), (texts) => {
        const clean = texts.map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
        const stream = clean.map((bytes, index) =>
          frame(false, Buffer.concat([Buffer.from(`${time(index)} `), bytes, Buffer.from('\n')])),
        );
        const { lines } = read([Buffer.concat(stream)]);
        expect(lines).toHaveLength(texts.length);
        for (const line of lines) expect(line).not.toContain('\0');
      }),
    );
  });

  test('refuses what is no frame', () => {
    expect(() => read([Buffer.from('HTTP/1.1 500 oops')])).toThrow('none');
    expect(() => read([Buffer.from([1, 0, 0, 0, 0x7f, 0, 0, 0])])).toThrow('none');
  });
});
