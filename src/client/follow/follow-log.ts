import type * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { batchAfter, type LogBatch, type LogCursor, type LogGap, type LogItem } from '../../protocol/entities/log.ts';
import { serverLogs } from '../../protocol/operations/server.ts';
import type { Session } from '../connect/session.ts';
import { followStream } from './follow-stream.ts';

/** Which lines are wanted; see the operation `server.logs`. */
export interface LogRequest {
  readonly server: string;
  readonly follow: boolean;
  readonly tail?: number | undefined;
  /** ISO time. */
  readonly since?: string | undefined;
}

/** Lines that a reader will not see. `unexplained`: numbers were skipped and nobody said why. */
export type FollowedGap = Omit<LogGap, 'reason'> & { readonly reason: LogGap['reason'] | 'unexplained' };

/** What a followed log gives its reader. `lost` and `back` are about the connection to the manager. */
export type FollowedItem =
  | LogBatch
  | FollowedGap
  | Extract<LogItem, { kind: 'notice' }>
  | { readonly kind: 'connection'; readonly state: 'lost' | 'back'; readonly why?: string };

/** Where the lines go. */
export interface LogSink {
  take(item: FollowedItem): void;
  /** Bytes taken that have not left this process yet. */
  backlog(): number;
  /** Resolves when the backlog is gone. */
  drained(): Promise<void>;
}

/** What {@link followLog} needs. */
export interface FollowOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Bytes of backlog at which the stream is put down until the sink has drained. Default 4 MiB. */
  readonly mostBacklog?: number;
}

/**
 * Streams a log to a sink: every line once and in order, through lost connections and restarts of the manager. Where
 * lines are gone for good the sink gets a gap. A sink that lags puts the stream down and takes it up again at the line
 * after the last, so that memory stays bounded and nothing is lost.
 * @throws ZedopsError what ends it: a refusal, or CANCELLED by the signal. A first connection that fails is not tried again.
 */
export async function followLog(request: LogRequest, options: FollowOptions): Promise<void> {
  const { open, clock, signal, sink } = options;
  const reader = createReader(request, options);
  await followStream({
    ...{ open, clock, signal },
    hasBegun: reader.hasBegun,
    onBack: () => sink.take({ kind: 'connection', state: 'back' }),
    onLost(why, isFirst) {
      if (isFirst) sink.take({ kind: 'connection', state: 'lost', why });
    },
    ask: reader.read,
  });
}

interface Reader {
  /** Reads until the stream ends by itself. */
  read(session: Session): Promise<void>;
  /** True once the manager has taken the request, from when on outages are waited out. */
  hasBegun(): boolean;
}

function createReader(request: LogRequest, { sink, signal, mostBacklog = 4 * 1024 * 1024 }: FollowOptions): Reader {
  let cursor: LogCursor | undefined;
  let hasBegun = false;
  let isPast = false;

  const takeLines = (batch: LogBatch): void => {
    const known = cursor?.stream === batch.stream ? cursor.seq : undefined;
    const rest = known === undefined ? batch : batchAfter(batch, known);
    if (!rest) return;
    const missed = known === undefined ? 0 : rest.first - known - 1;
    if (missed > 0) {
      sink.take({ kind: 'gap', stream: rest.stream, through: rest.first - 1, count: missed, reason: 'unexplained' });
    }
    cursor = { stream: rest.stream, seq: rest.first + rest.count - 1 };
    sink.take(rest);
  };

  const takeGap = (gap: LogGap): void => {
    if (cursor?.stream === gap.stream && gap.through <= cursor.seq) return;
    cursor = { stream: gap.stream, seq: gap.through };
    sink.take(gap);
  };

  const take = (item: LogItem): void => {
    hasBegun = true;
    if (item.kind === 'lines') takeLines(item);
    else if (item.kind === 'gap') takeGap(item);
    else {
      if (item.notice === 'live') isPast = true;
      sink.take(item);
    }
  };

  /** A log followed from its end has no last line to resume from, so it is asked for first. */
  const findEnd = async (session: Session): Promise<void> => {
    let last: LogCursor | undefined;
    const { server } = request;
    const reply = await session.peer.request(
      serverLogs,
      { server, follow: false, tail: 1 },
      {
        signal,
        onProgress: (item) => {
          if (item.kind === 'lines') last = { stream: item.stream, seq: item.first + item.count - 1 };
        },
      },
    );
    cursor = last ?? reply.cursor;
    isPast = true;
    hasBegun = true;
  };

  const next = (): z.input<typeof serverLogs.request> => {
    const { server, follow, tail, since } = request;
    if (cursor) return { server, follow, after: cursor };
    // Nothing has come, and the past is over: the log was empty, so that whatever comes is new.
    const wantsTail = tail !== undefined && !isPast;
    return { server, follow, ...(wantsTail ? { tail } : {}), ...(since === undefined ? {} : { since }) };
  };

  return {
    hasBegun: () => hasBegun,
    async read(session) {
      if (request.follow && request.tail === 0 && request.since === undefined && !hasBegun) await findEnd(session);
      for (;;) {
        const hold = new AbortController();
        try {
          await session.peer.request(serverLogs, next(), {
            signal: AbortSignal.any([signal, hold.signal]),
            onProgress(item) {
              take(item);
              if (sink.backlog() > mostBacklog) hold.abort();
            },
          });
          return;
        } catch (error) {
          if (!hold.signal.aborted || signal.aborted) throw error;
          await sink.drained();
          if (session.lost()) throw error;
        }
      }
    },
  };
}
