import { ZedopsError } from '../../protocol/errors.ts';

/** The connection broke between a command and its answer. */
export function unknownOutcome(name: string, line: string, cause: unknown): ZedopsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const word = line.split(' ', 1)[0] ?? '';
  return new ZedopsError('UNREACHABLE', `${name} may or may not have done "${word}": ${why} before its answer came`, {
    hint: 'see what it did before asking again',
    cause,
  });
}

/** The time of a command is up; `reason` is why nothing was sent, where that is known. */
export function late(
  name: string,
  { line, isSent, ms }: { readonly line: string | undefined; readonly isSent: boolean; readonly ms: number },
  reason: ZedopsError | undefined,
): ZedopsError {
  const seconds = `${Math.round(ms / 1000)} s`;
  if (isSent) {
    const word = line?.split(' ', 1)[0] ?? '';
    return new ZedopsError(
      'TIMEOUT',
      `${name} did not answer "${word}" within ${seconds}; whether it was done is not known`,
      { hint: 'a game that saves or loads answers late: ask again with more time' },
    );
  }
  if (reason) return new ZedopsError('UNREACHABLE', `${name} was not asked: ${reason.message}`, { cause: reason });
  return new ZedopsError('TIMEOUT', `${name} was not asked within ${seconds}: others were before it`);
}

/** Whoever asked does not want it any more. */
export function takenBack(isSent: boolean): ZedopsError {
  const what = isSent ? 'whether it was done is not known' : 'nothing was sent';
  return new ZedopsError('CANCELLED', `The RCON command was taken back; ${what}`);
}

/** More wait than a session keeps. */
export function tooMany(name: string, waiting: number): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} has ${waiting} RCON commands waiting already; nothing was sent`, {
    hint: 'try again in a moment',
  });
}
