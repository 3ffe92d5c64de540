import { ZedopsError } from '../../protocol/errors.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import type { GrantWatch } from '../people/grant-watch.ts';
import type { Identity } from '../people/identity.ts';
import type { Authorize } from './authorize.ts';

/** A stream that someone has asked for. */
export interface Stream {
  readonly operation: OperationShape;
  readonly input: unknown;
  readonly identity: Identity;
  readonly signal: AbortSignal;
}

/**
 * Makes what runs streams only for as long as whoever asked may have them. When their grants change it is authorised
 * anew; one whose content hangs on all of the grants ends with an error that a follower answers by asking again.
 */
export function createWatchedStreams(grants: Pick<GrantWatch, 'follow'>, authorize: Authorize) {
  const refusalOf = async ({ operation, input }: Stream, now: Identity): Promise<unknown> => {
    try {
      const { refusal } = await authorize(operation, input, now);
      if (refusal) return refusal;
    } catch (error) {
      return error;
    }
    if (operation.target === 'server' || operation.target === 'host') return undefined;
    return new ZedopsError('UNREACHABLE', 'What you may see has changed meanwhile', { hint: 'ask again' });
  };

  return async <Result>(stream: Stream, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const ended = new AbortController();
    const refused = Promise.withResolvers<never>();
    refused.promise.catch(() => undefined);
    const unfollow = grants.follow(stream.identity, (now) => {
      void refusalOf(stream, now).then((refusal) => {
        if (refusal === undefined) return;
        refused.reject(refusal);
        ended.abort(refusal);
      });
    });
    try {
      return await Promise.race([run(AbortSignal.any([stream.signal, ended.signal])), refused.promise]);
    } finally {
      unfollow();
    }
  };
}
