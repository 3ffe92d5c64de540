import { type ErrorCode, errorCodes, ZedopsError } from '../../protocol/errors.ts';
import type { Session } from '../connect/session.ts';

/** Codes with which no second try begins: the asker has to change something first. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNREACHABLE', 'TIMEOUT']);

/** Says whether an error may pass by itself, so that trying again is worth it. */
export function mayPass(error: unknown): boolean {
  return error instanceof ZedopsError && errorCodes[error.code].retry && passing.has(error.code);
}

/**
 * What a failed request on a session means: the reason the session ended, where it did, because that says more than
 * "the connection is closed".
 */
export async function causeOf(session: Session, error: unknown): Promise<unknown> {
  // A wire tells its requests first and the session a microtask later.
  await Promise.resolve();
  return session.lost() ?? error;
}
