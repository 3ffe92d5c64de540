import { type FileHandle, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, privateFile, writeAtomically } from '../../../platform/files/atomic-file.ts';
import type { LogBatch } from '../../../protocol/entities/log.ts';
import { countLines, pack, type Segment, segmentName, timeOfLine, usualCodec } from './segment.ts';

/** The piece of a log that lines are being added to: plain text on disk, `open-<first>-<stream>.log`. */
export interface OpenSegment {
  readonly stream: string;
  readonly first: number;
  /** Number of the next line. */
  next(): number;
  bytes(): number;
  from(): number;
  until(): number;
  /** Adds lines that follow. What fails leaves the lines before as they were. @throws Error of the file system. */
  append(batches: readonly LogBatch[]): Promise<void>;
  /** Its lines so far. */
  text(): Promise<string>;
  /** Packs it into a segment, which is on disk before this file goes. */
  close(): Promise<Segment>;
}

const pattern = /^open-(\d{1,16})-([0-9a-f]{1,64})\.log$/;

/** Reads the name of an open segment's file; undefined for any other file. */
export function parseOpenName(name: string): { readonly first: number; readonly stream: string } | undefined {
  const [, first, stream] = pattern.exec(name) ?? [];
  return first === undefined || stream === undefined ? undefined : { first: Number(first), stream };
}

/**
 * Begins an open segment, or goes on with the one that a killed agent left: up to its last whole line.
 * @throws Error of the file system.
 */
export async function openSegment(folder: string, first: number, stream: string): Promise<OpenSegment> {
  const path = join(folder, `open-${first}-${stream}.log`);
  let { count, bytes, from, until } = await recover(path);
  let isDirty = false;

  const withFile = async <Result>(task: (file: FileHandle) => Promise<Result>): Promise<Result> => {
    const file = await open(path, 'r+').catch((error) => {
      if (isMissing(error)) return open(path, 'wx+', privateFile);
      throw error;
    });
    try {
      return await task(file);
    } finally {
      await file.close();
    }
  };

  const read = async (): Promise<Buffer> => {
    if (bytes === 0) return Buffer.alloc(0);
    const whole = await readFile(path);
    if (whole.length < bytes) throw new Error(`${path} has lost some of its lines`);
    return whole.subarray(0, bytes);
  };

  return {
    stream,
    first,
    next: () => first + count,
    bytes: () => bytes,
    from: () => Math.min(from, until),
    until: () => Math.max(from, until),
    async append(batches) {
      const data = Buffer.from(batches.map(({ text }) => `${text}\n`).join(''), 'utf8');
      await withFile(async (file) => {
        // What a write that failed half-way left behind is no part of it.
        if (isDirty) await file.truncate(bytes);
        isDirty = true;
        let written = 0;
        while (written < data.length) {
          written += (await file.write(data, written, data.length - written, bytes + written)).bytesWritten;
        }
        isDirty = false;
      });
      const [head, tail] = [batches[0]?.text ?? '', batches.at(-1)?.text ?? ''];
      if (count === 0) from = timeOfLine(head) ?? 0;
      until = timeOfLine(tail.slice(tail.lastIndexOf('\n') + 1)) ?? until;
      bytes += data.length;
      count += batches.reduce((sum, batch) => sum + batch.count, 0);
    },
    async text() {
      return (await read()).toString('utf8').slice(0, -1);
    },
    async close() {
      const packed = await pack(await read());
      const facts = { stream, first, last: first + count - 1, codec: usualCodec };
      const segment = {
        ...facts,
        from: Math.min(from, until),
        until: Math.max(from, until),
        bytes: packed.length,
      };
      await writeAtomically(join(folder, segmentName(segment)), packed);
      await unlink(path);
      return segment;
    },
  };
}

interface Recovered {
  readonly count: number;
  readonly bytes: number;
  readonly from: number;
  readonly until: number;
}

/** What of a file is whole lines: a power cut may leave half a line, or nothing where lines were. */
async function recover(path: string): Promise<Recovered> {
  let whole: Buffer;
  try {
    whole = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return { count: 0, bytes: 0, from: 0, until: 0 };
    throw error;
  }
  const zero = whole.indexOf(0);
  const end = whole.lastIndexOf(0x0a, zero === -1 ? undefined : zero) + 1;
  const text = whole.subarray(0, end).toString('utf8');
  const [from, until] = [timeOfLine(text), timeOfLine(text.slice(text.lastIndexOf('\n', text.length - 2) + 1))];
  if (from === undefined || until === undefined) return { count: 0, bytes: 0, from: 0, until: 0 };
  return { count: countLines(text), bytes: end, from, until };
}
