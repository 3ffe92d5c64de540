import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { DockerEngine } from './docker-engine.ts';
import { createLogFrames } from './docker-log-frames.ts';
import { createLogLines, searchStart } from './log-lines.ts';
import type { LogChunk, LogPosition, LogRequest } from './runtime.ts';

/** Takes chunks; while a promise it returned is pending, nothing more is read. */
type LogChunkSink = (chunk: LogChunk) => undefined | Promise<void>;

/** The engine sends a chunk of HTTP per line; many of them arrive with one read of the socket. */
const largestChunkBytes = 256 * 1024;
const lookEveryMs = 2_000;
/** Lines are stamped by the engine, a moment before or after this process would. */
const slackMs = 2_000;

/**
 * Reads a container's output by the `logs` endpoint: never by `attach`, whose reader freezes the container when it
 * stalls. What one read of the socket brings becomes one chunk.
 */
export async function readDockerLogs(
  engine: DockerEngine,
  clock: Clock,
  id: string,
  { after, follow, signal }: LogRequest,
  sink: LogChunkSink,
): Promise<void> {
  const query = new URLSearchParams({ stdout: '1', stderr: '1', timestamps: '1', follow: follow ? '1' : '0' });
  if (signal.aborted) return;
  const ended = new AbortController();
  // Of a log that is followed `since` a time, the engine leaves out what is stamped with an earlier one: all there is to
  // come once its clock was set back. Without, it begins with the oldest line, and the place is found all the same.
  const start = after && isPast(after, clock) ? searchStart(after) : undefined;
  if (start !== undefined) query.set('since', start);
  const stopLooking = clock.every(lookEveryMs, () => {
    if (after && start !== undefined && !isPast(after, clock)) ended.abort();
  });
  try {
    const stream = await engine.open(`container ${id.slice(0, 12)}`, `/containers/${id}/logs?${query}`, {
      signal: AbortSignal.any([signal, ended.signal]),
    });
    await pump(stream, after, sink, signal, engine);
  } catch (error) {
    if (signal.aborted) return;
    throw ended.signal.aborted ? engine.broken(new Error('the clock was set back')) : error;
  } finally {
    stopLooking();
    ended.abort();
  }
}

function isPast({ time }: LogPosition, clock: Clock): boolean {
  return Date.parse(time) - slackMs <= clock.now();
}

function pump(
  stream: IncomingMessage,
  after: LogRequest['after'],
  sink: LogChunkSink,
  signal: AbortSignal,
  engine: DockerEngine,
): Promise<void> {
  const lines = createLogLines(after);
  const frames = createLogFrames(lines);
  return new Promise((resolve, reject) => {
    let isDone = false;
    let isSending = false;
    let isPlanned = false;
    let isEnded = false;

    const finish = (error?: unknown): void => {
      if (isDone) return;
      isDone = true;
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = (): void => finish();

    const send = (): void => {
      isPlanned = false;
      if (isDone || isSending) return;
      const chunk = lines.take();
      if (!chunk) {
        if (isEnded) finish();
        return;
      }
      let taken: undefined | Promise<void>;
      try {
        taken = sink(chunk);
      } catch (error) {
        finish(error);
        return;
      }
      if (!taken) {
        if (isEnded) finish();
        return;
      }
      isSending = true;
      stream.pause();
      taken.then(() => {
        isSending = false;
        if (!isDone) stream.resume();
        send();
      }, finish);
    };

    stream.on('data', (bytes: Buffer) => {
      if (isDone) return;
      try {
        frames.push(bytes);
      } catch (error) {
        finish(error);
        return;
      }
      if (lines.size() >= largestChunkBytes) send();
      else if (!isPlanned) {
        isPlanned = true;
        // Runs when all that this read of the socket brought has been through here.
        process.nextTick(send);
      }
    });
    stream.once('end', () => {
      frames.end();
      lines.finish();
      isEnded = true;
      send();
    });
    stream.once('error', (cause) => finish(engine.broken(cause)));
    stream.once('close', () => {
      if (!isEnded) finish(engine.broken(new Error('a log ended in the middle')));
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
