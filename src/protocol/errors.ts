import * as z from 'zod';

/** How one error code leaves each door: exit code of the command line, HTTP status, and whether asking again may help. */
interface ErrorTraits {
  readonly exit: number;
  readonly http: number;
  readonly retry: boolean;
}

/** The code of an error: what went wrong, coarse enough to act on. */
export const ErrorCode = z.enum([
  'INVALID_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'UNREACHABLE',
  'TIMEOUT',
  'UNSUPPORTED',
  'INTERNAL',
  'CANCELLED',
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** The only table of what a code means outside the program. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorTraits>> = {
  INVALID_INPUT: { exit: 2, http: 400, retry: false },
  UNAUTHENTICATED: { exit: 3, http: 401, retry: false },
  FORBIDDEN: { exit: 3, http: 403, retry: false },
  NOT_FOUND: { exit: 4, http: 404, retry: false },
  CONFLICT: { exit: 5, http: 409, retry: false },
  UNREACHABLE: { exit: 6, http: 503, retry: true },
  TIMEOUT: { exit: 7, http: 504, retry: true },
  UNSUPPORTED: { exit: 8, http: 501, retry: false },
  INTERNAL: { exit: 1, http: 500, retry: false },
  CANCELLED: { exit: 130, http: 499, retry: false },
};

/** What a {@link ZedopsError} may carry besides its message. `hint` is a command or a sentence that helps. */
export interface ErrorExtras {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The one error class of the program: a code from the table, a sentence with the names in it, and a hint. */
export class ZedopsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'ZedopsError';
    this.code = code;
    this.hint = extras.hint;
  }
}

/** An error as it travels in a frame or an HTTP body. */
export const WireError = z.object({
  code: ErrorCode,
  message: z.string().max(8192),
  hint: z.string().max(4096).optional(),
});
export type WireError = z.infer<typeof WireError>;

/**
 * Turns anything thrown into what the other side may see.
 * A {@link ZedopsError} travels whole; anything else is a bug, of which only the request's id is told.
 */
export function toWireError(error: unknown, requestId: string | undefined): WireError {
  if (error instanceof ZedopsError) {
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  return { code: 'INTERNAL', message: `ZedOps failed; the log has the cause under request ${requestId ?? 'unknown'}` };
}

/** The reverse of {@link toWireError}. A body that is no error at all becomes INTERNAL. */
export function fromWireError(body: unknown): ZedopsError {
  const parsed = WireError.safeParse(body);
  if (!parsed.success) return new ZedopsError('INTERNAL', 'The other side sent an error that ZedOps cannot read');
  return new ZedopsError(parsed.data.code, parsed.data.message, { hint: parsed.data.hint });
}

/** Makes the INVALID_INPUT error for a value that did not fit its schema, naming each field at fault. */
export function invalidInput(what: string, error: z.ZodError): ZedopsError {
  const faults = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return new ZedopsError('INVALID_INPUT', `${what}: ${faults.join('; ')}`);
}
