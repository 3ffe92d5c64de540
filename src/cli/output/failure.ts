import { errorCodes, toWireError, ZedopsError } from '../../protocol/errors.ts';
import type { Io } from '../io.ts';
import { jsonText, plain } from './talk.ts';

/**
 * Says on stderr what went wrong and what helps, as text or as `{"error":{"code","message","hint"}}`.
 * @returns the exit code that belongs to it.
 */
export function tellFailure(error: unknown, io: Pick<Io, 'stderr'>, isJson: boolean): number {
  const known = error instanceof ZedopsError ? error : unexpected(error);
  if (isJson) io.stderr.write(`${jsonText({ error: toWireError(known, undefined) })}\n`);
  else {
    io.stderr.write(`${plain(`error: ${known.message}`)}\n`);
    if (known.hint !== undefined) io.stderr.write(`${plain(`hint: ${known.hint}`)}\n`);
  }
  return errorCodes[known.code].exit;
}

function unexpected(error: unknown): ZedopsError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'EACCES' || code === 'EPERM') return new ZedopsError('FORBIDDEN', message, { cause: error });
  if (code === 'ENOENT') return new ZedopsError('NOT_FOUND', message, { cause: error });
  if (code === 'EADDRINUSE') return new ZedopsError('CONFLICT', message, { cause: error });
  const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return new ZedopsError('INTERNAL', `ZedOps failed: ${message}${where === '' ? '' : ` (${where})`}`, {
    hint: 'this is a bug; please report it with this message',
    cause: error,
  });
}
