import type * as z from 'zod';
import { fromWireError, invalidInput, toWireError, ZedopsError } from './errors.ts';
import {
  cancelSubject,
  type EncodedData,
  encodeFrame,
  encodeProgress,
  type Frame,
  inboxPrefix,
  maxFrameBytes,
  parseFrame,
} from './frame.ts';
import { newId } from './id.ts';
import type { OperationShape } from './operation.ts';
import { type CloseReason, closeCodes, type Wire } from './wire.ts';

/** A request that the other end made. */
export interface Incoming {
  readonly subject: string;
  readonly id: string;
  readonly data: unknown;
  /** Aborted when the other end cancels or the wire closes. */
  readonly signal: AbortSignal;
  progress(data: unknown): void;
  /** Sends progress that was turned into JSON before, for one body to many readers. */
  progressEncoded(data: EncodedData): void;
  /** Bytes waiting to leave on this wire: how far its reader lags behind. */
  buffered(): number;
  /** Resolves when the wire has drained, or is closed. */
  drained(): Promise<void>;
}

/** What {@link Peer.request} may be told besides the request itself. */
export interface RequestOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  /** The first asker's id; a new one is made where this is the first asker. */
  readonly id?: string | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Milliseconds of silence instead of the operation's own; 0 waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/** One end of a wire: asks and answers alike. */
export interface Peer {
  /**
   * Asks the other end and resolves with its parsed reply.
   * @throws ZedopsError the other end's error, TIMEOUT after silence, CANCELLED by the signal, UNREACHABLE when the wire is closed.
   */
  request<Request extends z.ZodType, Progress extends z.ZodType, Reply extends z.ZodType>(
    operation: OperationShape & { request: Request; progress: Progress; reply: Reply },
    data: z.input<Request>,
    options?: RequestOptions<z.output<Progress>>,
  ): Promise<z.output<Reply>>;
  close(code: number, reason: string): void;
  /** Resolves when the wire is closed, by whichever end. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Requests under way in each direction, for limits and tests. */
  pending(): { readonly asked: number; readonly served: number };
}

/** What a peer is made of. */
export interface PeerOptions {
  readonly wire: Wire;
  /** Carries out one request and resolves with its reply. What it throws travels as an error. */
  readonly serve: (incoming: Incoming) => Promise<unknown>;
  /** Told of errors that are bugs, which the other end sees only as an id. */
  readonly onBug?: (error: unknown, requestId: string) => void;
  /** Requests of the other end under way at once; one more is refused. Default 256. */
  readonly maxServed?: number;
}

interface Asked {
  progress(data: unknown): void;
  end(frame: Frame): void;
  fail(error: ZedopsError): void;
}

interface Served {
  readonly controller: AbortController;
}

const longestTimer = 2 ** 31 - 1;

/** Joins a peer to a wire. Its requests fail and its handlers are aborted when the wire closes: nothing is left behind. */
export function createPeer(options: PeerOptions): Peer {
  const { wire, serve } = options;
  const maxServed = options.maxServed ?? 256;
  const asked = new Map<string, Asked>();
  const served = new Map<string, Served>();
  const drainWaiters = new Set<() => void>();
  let nextInbox = 0;
  let closeReason: CloseReason | undefined;
  let reportClosed: (reason: CloseReason) => void;
  const closed = new Promise<CloseReason>((resolve) => {
    reportClosed = resolve;
  });

  const send = (frame: Frame): void => wire.send(encodeFrame(frame));

  const releaseDrainWaiters = (): void => {
    for (const release of drainWaiters) release();
    drainWaiters.clear();
  };

  const answer = (inbox: string, id: string, result: unknown): void => {
    let text = encodeFrame({ subject: inbox, ...(result === undefined ? {} : { data: result }) });
    if (Buffer.byteLength(text) > maxFrameBytes) {
      const error = new ZedopsError('UNSUPPORTED', 'The answer is larger than one frame may be', {
        hint: 'ask for less at once',
      });
      text = encodeFrame({ subject: inbox, error: toWireError(error, id) });
    }
    wire.send(text);
  };

  const accept = (frame: Frame, inbox: string): void => {
    const id = frame.id ?? newId();
    if (served.has(inbox)) {
      wire.close(closeCodes.badFrame, 'an inbox was used twice');
      return;
    }
    if (served.size >= maxServed) {
      const error = new ZedopsError('UNREACHABLE', `More than ${maxServed} requests are under way on this connection`, {
        hint: 'wait for some to end',
      });
      send({ subject: inbox, error: toWireError(error, id) });
      return;
    }
    const controller = new AbortController();
    served.set(inbox, { controller });
    const isCurrent = (): boolean => served.get(inbox)?.controller === controller;
    const incoming: Incoming = {
      subject: frame.subject,
      id,
      data: frame.data,
      signal: controller.signal,
      progress(data) {
        if (isCurrent()) send({ subject: inbox, more: true, data });
      },
      progressEncoded(data) {
        if (isCurrent()) wire.send(encodeProgress(inbox, data));
      },
      buffered: () => wire.buffered(),
      drained: () =>
        closeReason || wire.buffered() === 0
          ? Promise.resolve()
          : new Promise((resolve) => {
              drainWaiters.add(resolve);
            }),
    };
    void (async () => {
      try {
        const result = await serve(incoming);
        if (isCurrent()) answer(inbox, id, result);
      } catch (error) {
        if (!(error instanceof ZedopsError)) options.onBug?.(error, id);
        if (isCurrent()) send({ subject: inbox, error: toWireError(error, id) });
      } finally {
        if (isCurrent()) served.delete(inbox);
      }
    })();
  };

  const receive = (frame: Frame): void => {
    if (frame.subject === cancelSubject) {
      const inbox = typeof frame.data === 'string' ? frame.data : '';
      const request = served.get(inbox);
      served.delete(inbox);
      request?.controller.abort(new ZedopsError('CANCELLED', 'The asker gave up'));
      return;
    }
    if (frame.subject.startsWith(inboxPrefix)) {
      // An answer to a request that was given up meanwhile finds no one, and that is in order.
      const waiting = asked.get(frame.subject);
      if (!waiting) return;
      if (frame.more) waiting.progress(frame.data);
      else waiting.end(frame);
      return;
    }
    if (frame.reply === undefined || !frame.reply.startsWith(inboxPrefix)) {
      wire.close(closeCodes.badFrame, 'a request had no inbox');
      return;
    }
    accept(frame, frame.reply);
  };

  wire.listen({
    frame(text) {
      if (closeReason) return;
      try {
        receive(parseFrame(text));
      } catch (error) {
        wire.close(closeCodes.badFrame, error instanceof ZedopsError ? error.message : 'a frame could not be read');
      }
    },
    drained: releaseDrainWaiters,
    closed(reason) {
      closeReason = reason;
      const lost = new ZedopsError('UNREACHABLE', `The connection closed: ${reason.reason || `code ${reason.code}`}`);
      for (const waiting of [...asked.values()]) waiting.fail(lost);
      for (const request of [...served.values()]) request.controller.abort(lost);
      served.clear();
      releaseDrainWaiters();
      reportClosed(reason);
    },
  });

  return {
    closed,
    pending: () => ({ asked: asked.size, served: served.size }),
    close(code, reason) {
      wire.close(code, reason);
    },
    request(operation, data, requestOptions = {}) {
      const { signal } = requestOptions;
      const timeoutMs = Math.min(requestOptions.timeoutMs ?? operation.timeoutMs, longestTimer);
      return new Promise((resolve, reject) => {
        if (closeReason) {
          reject(new ZedopsError('UNREACHABLE', 'The connection is closed'));
          return;
        }
        if (signal?.aborted) {
          reject(cancelled(operation.subject, signal));
          return;
        }
        nextInbox += 1;
        const inbox = `${inboxPrefix}${nextInbox}`;
        let timer: NodeJS.Timeout | undefined;
        const settle = (): void => {
          asked.delete(inbox);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
        };
        const giveUp = (error: ZedopsError): void => {
          settle();
          send({ subject: cancelSubject, data: inbox });
          reject(error);
        };
        const abort = (): void => giveUp(cancelled(operation.subject, signal));
        const startTimer = (): void => {
          clearTimeout(timer);
          if (timeoutMs === 0) return;
          timer = setTimeout(() => {
            const seconds = Math.round(timeoutMs / 1000);
            giveUp(new ZedopsError('TIMEOUT', `${operation.subject} said nothing for ${seconds} s`));
          }, timeoutMs);
        };
        asked.set(inbox, {
          progress(value) {
            startTimer();
            const parsed = operation.progress.safeParse(value);
            if (!parsed.success) {
              giveUp(invalidInput(`The progress of ${operation.subject}`, parsed.error));
              return;
            }
            try {
              requestOptions.onProgress?.(parsed.data);
            } catch (error) {
              settle();
              send({ subject: cancelSubject, data: inbox });
              reject(error);
            }
          },
          end(frame) {
            settle();
            if (frame.error !== undefined) {
              reject(fromWireError(frame.error));
              return;
            }
            const parsed = operation.reply.safeParse(frame.data);
            if (parsed.success) resolve(parsed.data);
            else reject(invalidInput(`The reply to ${operation.subject}`, parsed.error));
          },
          fail(error) {
            settle();
            reject(error);
          },
        });
        signal?.addEventListener('abort', abort, { once: true });
        startTimer();
        send({ subject: operation.subject, reply: inbox, id: requestOptions.id ?? newId(), data });
      });
    },
  };
}

function cancelled(subject: string, signal: AbortSignal | undefined): ZedopsError {
  const reason: unknown = signal?.reason;
  return reason instanceof ZedopsError ? reason : new ZedopsError('CANCELLED', `${subject} was cancelled`);
}
