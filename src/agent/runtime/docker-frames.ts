import { ZedopsError } from '../../protocol/errors.ts';

/** Takes the payload of one frame: `bytes` from `start` to before `end`. The bytes are the reader's; copy to keep. */
export type FrameSink = (isError: boolean, bytes: Buffer, start: number, end: number) => void;

const headerBytes = 8;
const stderrStream = 2;
/** Engines cut at 16 KiB, and put a time before it. */
const longestFrameBytes = 1024 * 1024;

/**
 * Makes a reader of the stream that engines send for a container without a terminal: frames of one byte for the stream
 * (1 stdout, 2 stderr), three of zero, a big-endian 32-bit length, and the payload. The stream may be cut anywhere.
 * Source: the Docker Engine API, "Stream format" of container attach.
 */
export function createFrameReader(sink: FrameSink): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const size = bytes.readUInt32BE(at + 4);
      if (size > longestFrameBytes || (bytes[at] ?? 0) > stderrStream) {
        throw new ZedopsError('INTERNAL', `The Docker engine sent a log frame of ${size} bytes, which is none`);
      }
      const start = at + headerBytes;
      if (bytes.length - start < size) break;
      sink(bytes[at] === stderrStream, bytes, start, start + size);
      at = start + size;
    }
    rest = at < bytes.length ? bytes.subarray(at) : undefined;
  };
}
