import type * as z from 'zod';
import { fromWireError, invalidInput, ZedopsError } from './errors.ts';
import { cancelSubject, encodeFrame, type Frame, inboxPrefix, maxFrameBytes } from './frame.ts';
import { newId } from './id.ts';
import type { OperationShape } from './operation.ts';

/** What {@link Asking.request} may be told besides the request itself. */
export interface RequestOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  /** The first asker's id; a new one is made where this is the first asker. */
  readonly id?: string | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Milliseconds of silence instead of the operation's own; 0 waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/** The asking half of a peer: every request of ours that waits for its answer. */
export interface Asking {
  /**
   * Asks the other end and resolves with its parsed reply.
   * @throws ZedopsError the other end's error, TIMEOUT after silence, CANCELLED by the signal, UNREACHABLE when the wire is closed.
   */
  request<Request extends z.ZodType, Progress extends z.ZodType, Reply extends z.ZodType>(
    operation: OperationShape & { request: Request; progress: Progress; reply: Reply },
    data: z.input<Request>,
    options?: RequestOptions<z.output<Progress>>,
  ): Promise<z.output<Reply>>;
  /** Takes an answer, or a piece of one, to whoever waits for it; one that nobody waits for is dropped. */
  receive(frame: Frame): void;
  /** Fails every request, and each one made from now on. */
  end(error: ZedopsError): void;
  pending(): number;
}

interface Asked {
  progress(data: unknown): void;
  end(frame: Frame): void;
  fail(error: ZedopsError): void;
}

const longestTimer = 2 ** 31 - 1;

/** Makes the asking half over `send`, which takes one encoded frame. */
export function createAsking(send: (frame: string) => void): Asking {
  const asked = new Map<string, Asked>();
  let nextInbox = 0;
  let ended = false;
  return {
    pending: () => asked.size,
    receive(frame) {
      // An answer to a request that was given up meanwhile finds no one, and that is in order.
      const waiting = asked.get(frame.subject);
      if (!waiting) return;
      if (frame.more) waiting.progress(frame.data);
      else waiting.end(frame);
    },
    end(error) {
      ended = true;
      for (const waiting of [...asked.values()]) waiting.fail(error);
    },
    request(operation, data, requestOptions = {}) {
      const { signal } = requestOptions;
      const timeoutMs = Math.min(requestOptions.timeoutMs ?? operation.timeoutMs, longestTimer);
      return new Promise((resolve, reject) => {
        if (ended) {
          reject(new ZedopsError('UNREACHABLE', 'The connection is closed'));
          return;
        }
        if (signal?.aborted) {
          reject(cancelled(operation.subject, signal));
          return;
        }
        nextInbox += 1;
        const inbox = `${inboxPrefix}${nextInbox}`;
        // Encoded first: what cannot become a frame throws here, before anything waits for its answer.
        const text = encodeFrame({ subject: operation.subject, reply: inbox, id: requestOptions.id ?? newId(), data });
        if (Buffer.byteLength(text) > maxFrameBytes) {
          reject(tooLarge(`The request ${operation.subject}`));
          return;
        }
        let timer: NodeJS.Timeout | undefined;
        const settle = (): void => {
          asked.delete(inbox);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
        };
        const giveUp = (error: ZedopsError): void => {
          settle();
          send(encodeFrame({ subject: cancelSubject, data: inbox }));
          reject(error);
        };
        const abort = (): void => giveUp(cancelled(operation.subject, signal));
        const startTimer = (): void => {
          if (timeoutMs === 0) return;
          timer = setTimeout(() => {
            const seconds = Math.round(timeoutMs / 1000);
            giveUp(new ZedopsError('TIMEOUT', `${operation.subject} said nothing for ${seconds} s`));
          }, timeoutMs);
        };
        asked.set(inbox, {
          progress(value) {
            // Begins anew: cheaper than another timer, for what may come a thousand times in a second.
            timer?.refresh();
            const parsed = operation.progress.safeParse(value);
            if (!parsed.success) {
              giveUp(invalidInput(`The progress of ${operation.subject}`, parsed.error));
              return;
            }
            try {
              requestOptions.onProgress?.(parsed.data);
            } catch (error) {
              settle();
              send(encodeFrame({ subject: cancelSubject, data: inbox }));
              reject(error);
            }
          },
          end(frame) {
            if (frame.error !== undefined) {
              settle();
              reject(fromWireError(frame.error));
              return;
            }
            // Parsed before it is settled: should parsing itself fail, the wire closes and that ends this request.
            const parsed = operation.reply.safeParse(frame.data);
            settle();
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
        send(text);
      });
    },
  };
}

/** The error for what does not fit into one frame. */
export function tooLarge(what: string): ZedopsError {
  return new ZedopsError('UNSUPPORTED', `${what} is larger than one frame may be`, { hint: 'ask for less at once' });
}

function cancelled(subject: string, signal: AbortSignal | undefined): ZedopsError {
  const reason: unknown = signal?.reason;
  return reason instanceof ZedopsError ? reason : new ZedopsError('CANCELLED', `${subject} was cancelled`);
}
