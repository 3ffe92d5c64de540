import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/**
 * A compressed piece of one server's log: lines with consecutive numbers. Its file is named after what is in it, so that
 * the names of a folder are its index and never disagree with what is there:
 * `<first>-<last>-<from>-<until>-<stream>.log.zst`, times in milliseconds since 1970.
 */
export interface Segment {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  /** The earlier of its first and its last line's time, in milliseconds since 1970. */
  readonly from: number;
  /** The later of the two. */
  readonly until: number;
  readonly codec: 'zst' | 'gz';
  /** Bytes on disk. */
  readonly bytes: number;
}

const pattern = /^(\d{1,16})-(\d{1,16})-(\d{1,16})-(\d{1,16})-([0-9a-f]{1,64})\.log\.(zst|gz)$/;

/** The name of a segment's file. */
export function segmentName({ first, last, from, until, stream, codec }: Omit<Segment, 'bytes'>): string {
  return `${String(first).padStart(12, '0')}-${last}-${from}-${until}-${stream}.log.${codec}`;
}

/** Reads the name of a segment's file; undefined for any other file. */
export function parseSegmentName(name: string): Omit<Segment, 'bytes'> | undefined {
  const [, first, last, from, until, stream = '', codec] = pattern.exec(name) ?? [];
  if (codec !== 'zst' && codec !== 'gz') return undefined;
  return {
    stream,
    first: Number(first),
    last: Number(last),
    from: Number(from),
    until: Number(until),
    codec,
  };
}

/** Says whether a numbering's name may be part of a file's name. */
export function isStreamName(stream: string): boolean {
  return /^[0-9a-f]{1,64}$/.test(stream);
}

/** More than any segment holds: a file that unpacks to more was not written here. */
const mostBytes = 256 * 1024 * 1024;

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);

/** What this Node packs with: zstd where it has it, gzip elsewhere. */
export const usualCodec: Segment['codec'] = typeof zlib.zstdCompress === 'function' ? 'zst' : 'gz';

/** Packs the text of a segment, in a thread of Node's pool. */
export async function pack(text: Buffer): Promise<Buffer> {
  return usualCodec === 'zst' ? promisify(zlib.zstdCompress)(text) : gzip(text);
}

/** Reads the lines of a segment. @throws Error where the file is gone, broken, or holds other lines than its name says. */
export async function readSegment(folder: string, segment: Segment): Promise<string> {
  const packed = await readFile(join(folder, segmentName(segment)));
  const bytes =
    segment.codec === 'zst'
      ? await promisify(zlib.zstdDecompress)(packed, { maxOutputLength: mostBytes })
      : await gunzip(packed, { maxOutputLength: mostBytes });
  const text = bytes.toString('utf8');
  if (countLines(text) !== segment.last - segment.first + 1) {
    throw new Error(`${segmentName(segment)} does not hold the lines it is named after`);
  }
  return text.slice(0, -1);
}

/** Counts line feeds. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The time of a line `<RFC 3339 time> <o|e> <text>` in milliseconds since 1970; undefined for what is no such line. */
export function timeOfLine(line: string): number | undefined {
  const space = line.indexOf(' ');
  if (space < 20 || space > 40) return undefined;
  const time = Date.parse(line.slice(0, space));
  return Number.isNaN(time) || time < 0 ? undefined : time;
}
