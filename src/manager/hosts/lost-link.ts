import { ZedopsError } from '../../protocol/errors.ts';
import type { HostLink } from './hub.ts';

/** Says whether a request failed because its connection is gone. A wire tells its requests first, and then of its end. */
export async function isLost({ closed }: Pick<HostLink, 'closed'>, error: unknown): Promise<boolean> {
  if (!(error instanceof ZedopsError) || error.code !== 'UNREACHABLE') return false;
  const soon = Promise.withResolvers<false>();
  setImmediate(() => soon.resolve(false));
  return Promise.race([closed.then(() => true), soon.promise]);
}
