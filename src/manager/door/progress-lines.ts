import { toWireError, ZedopsError } from '../../protocol/errors.ts';

/** What {@link progressLines} needs. */
export interface ProgressLines {
  /** Runs the call, telling its progress. */
  readonly run: (progress: (data: unknown) => void) => Promise<unknown>;
  readonly id: string;
  /** Bytes that may wait for a reader; one that leaves more is told so and gets no further. */
  readonly queuedBytes: number;
}

/**
 * An answer in JSON lines: `{more,data}` for each progress, then `{data}` or `{error}`. A call that fails before its first
 * progress throws instead, so that it can be answered with a status.
 */
export async function progressLines({ run, id, queuedBytes }: ProgressLines): Promise<ReadableStream> {
  let controller: ReadableStreamDefaultController | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      cancel() {
        controller = undefined;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: queuedBytes }),
  );
  const write = (line: unknown): void => controller?.enqueue(Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'));
  const end = (line: unknown): void => {
    write(line);
    controller?.close();
    controller = undefined;
  };
  const begun = Promise.withResolvers<void>();
  const outrun = Promise.withResolvers<never>();
  const reply = Promise.race([
    outrun.promise,
    run((data) => {
      write({ more: true, data });
      begun.resolve();
      if ((controller?.desiredSize ?? 0) >= 0) return;
      outrun.reject(new ZedopsError('UNREACHABLE', 'Too much of the answer was left unread'));
    }),
  ]);
  const done = reply.then(
    (data) => end({ data }),
    (error: unknown) => end({ error: toWireError(error, id) }),
  );
  await Promise.race([begun.promise, reply]);
  void done;
  return body;
}
