import type { ServerResponse } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { liveKeys, unknownToken } from './admission.ts';
import { lastWordsMs } from './connections.ts';
import type { Asker, CallOperation } from './door-options.ts';
import type { Entering } from './live.ts';

/** One call on its way from an HTTP request to the gateway. */
export interface HttpCall {
  readonly subject: string;
  readonly data: unknown;
  readonly asker: Asker;
  readonly id: string;
  readonly progress?: (data: unknown) => void;
  /** Where the answer goes; when it closes early, the call is cancelled. */
  readonly outgoing: ServerResponse;
  /** Begun before it was asked who that is. */
  readonly entering: Entering;
}

/** The calls under way over HTTP. */
export interface Calls {
  /** Resolves with the reply, or fails as soon as whoever asked is gone or has no access any more. @throws ZedopsError */
  run(call: HttpCall): Promise<unknown>;
  /** Fails all that are under way. */
  end(error: ZedopsError): void;
}

/** Makes the list of calls. */
export function createCalls(call: CallOperation, clock: Clock): Calls {
  const underWay = new Set<(error: ZedopsError) => void>();
  return {
    async run({ subject, data, asker, id, progress, outgoing, entering }) {
      const { identity } = asker;
      const controller = new AbortController();
      const { promise: ended, reject } = Promise.withResolvers<never>();
      const end = (error: ZedopsError): void => {
        controller.abort(error);
        reject(error);
      };
      const gone = (): void => end(new ZedopsError('CANCELLED', 'Whoever asked is gone'));
      let forgetCut = (): void => undefined;
      const leave = identity
        ? entering.enter({
            keys: liveKeys(identity),
            counted: [],
            expiresAt: identity.expiresAt,
            end(why, reason) {
              const told = why === 'revoked' ? `Access was taken away: ${reason}` : 'The token expired meanwhile';
              const error = new ZedopsError('UNAUTHENTICATED', told, { hint: 'zedops login' });
              forgetCut = clock.after(lastWordsMs, () => end(error));
            },
          })
        : (): void => entering.leave();
      if (!leave) throw unknownToken();
      underWay.add(end);
      outgoing.once('close', gone);
      try {
        if (outgoing.destroyed) gone();
        const asked = { asker, id, signal: controller.signal, ...(progress ? { progress } : {}) };
        return await Promise.race([ended, call(subject, data, asked)]);
      } finally {
        outgoing.off('close', gone);
        underWay.delete(end);
        forgetCut();
        leave();
      }
    },
    end(error) {
      for (const end of [...underWay]) end(error);
    },
  };
}
