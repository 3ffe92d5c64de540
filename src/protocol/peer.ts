import { type Asking, createAsking, tooLarge } from './asking.ts';
import { toWireError, ZedopsError } from './errors.ts';
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
import { type CloseReason, closeCodes, type SharedFrame, type Wire } from './wire.ts';

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

/** One end of a wire: asks and answers alike. */
export interface Peer {
  /** Asks the other end; see {@link Asking}. */
  readonly request: Asking['request'];
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

interface Served {
  readonly controller: AbortController;
}

/** Joins a peer to a wire. Its requests fail and its handlers are aborted when the wire closes: nothing is left behind. */
export function createPeer(options: PeerOptions): Peer {
  const { wire, serve } = options;
  const maxServed = options.maxServed ?? 256;
  const asking = createAsking((frame) => wire.send(frame));
  const served = new Map<string, Served>();
  const drainWaiters = new Set<() => void>();
  /** Handlers that have not returned yet, also those whose asker gave up: they hold resources all the same. */
  let running = 0;
  let closeReason: CloseReason | undefined;
  let reportClosed: (reason: CloseReason) => void;
  const closed = new Promise<CloseReason>((resolve) => {
    reportClosed = resolve;
  });

  const send = (frame: Frame): void => wire.send(encodeFrame(frame));

  const sendError = (inbox: string, error: unknown, id: string): void => {
    const { message, hint, ...rest } = toWireError(error, id);
    send({
      subject: inbox,
      error: { ...rest, message: clip(message, 8192), ...(hint === undefined ? {} : { hint: clip(hint, 4096) }) },
    });
  };

  const sendProgress = (frame: string | SharedFrame): void => {
    const bytes = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.payload.length;
    if (bytes > maxFrameBytes) throw tooLarge('A piece of progress');
    wire.send(frame);
  };

  const releaseDrainWaiters = (): void => {
    for (const release of drainWaiters) release();
    drainWaiters.clear();
  };

  const answer = (inbox: string, id: string, result: unknown): void => {
    const text = encodeFrame({ subject: inbox, ...(result === undefined ? {} : { data: result }) });
    if (Buffer.byteLength(text) > maxFrameBytes) sendError(inbox, tooLarge('The answer'), id);
    else wire.send(text);
  };

  const accept = (frame: Frame, inbox: string): void => {
    const id = frame.id ?? newId();
    if (served.has(inbox)) {
      wire.close(closeCodes.badFrame, 'an inbox was used twice');
      return;
    }
    if (running >= maxServed) {
      const error = new ZedopsError('UNREACHABLE', `More than ${maxServed} requests are under way on this connection`, {
        hint: 'wait for some to end',
      });
      sendError(inbox, error, id);
      return;
    }
    running += 1;
    const controller = new AbortController();
    served.set(inbox, { controller });
    const isCurrent = (): boolean => served.get(inbox)?.controller === controller;
    const incoming: Incoming = {
      subject: frame.subject,
      id,
      data: frame.data,
      signal: controller.signal,
      progress(data) {
        if (isCurrent()) sendProgress(encodeFrame({ subject: inbox, more: true, data }));
      },
      progressEncoded(data) {
        if (isCurrent()) sendProgress(encodeProgress(inbox, data));
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
        if (isCurrent()) sendError(inbox, error, id);
        if (!(error instanceof ZedopsError)) options.onBug?.(error, id);
      } finally {
        running -= 1;
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
      asking.receive(frame);
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
      asking.end(lost);
      for (const request of [...served.values()]) request.controller.abort(lost);
      served.clear();
      releaseDrainWaiters();
      reportClosed(reason);
    },
  });

  return {
    closed,
    pending: () => ({ asked: asking.pending(), served: served.size }),
    close(code, reason) {
      wire.close(code, reason);
    },
    request: asking.request,
  };
}

/** An error's texts may quote what came from outside, and the other end refuses long ones. */
function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
