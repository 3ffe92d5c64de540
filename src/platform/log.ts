import { pino } from 'pino';

/** Names of the levels, quietest last. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields of one log line. Payloads are never logged; names and ids are. */
type LogFields = Readonly<Record<string, string | number | boolean | undefined | null | Error>>;

/** Where a room writes what it does. One JSON line each, to stderr. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log whose lines all carry these fields too. */
  with(fields: LogFields): Log;
}

/** Makes the process's log. Field names that smell of a secret are masked even if someone passes one by mistake. */
export function createLog(level: LogLevel, destination: { write(line: string): void } = process.stderr): Log {
  const secretFields = ['password', 'token', 'code', 'secret', 'authorization', 'env', 'privateKey'];
  return wrap(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: describeError },
        redact: { paths: secretFields, censor: 'set' },
      },
      destination,
    ),
  );
}

/** A log that keeps nothing, for tests that do not look at it. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

interface PinoLike {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): PinoLike;
}

function wrap(logger: PinoLike): Log {
  return {
    debug: (fields, message) => logger.debug(named(fields), message),
    info: (fields, message) => logger.info(named(fields), message),
    warn: (fields, message) => logger.warn(named(fields), message),
    error: (fields, message) => logger.error(named(fields), message),
    with: (fields) => wrap(logger.child(fields)),
  };
}

/** Puts an Error under `err`, where {@link describeError} writes it. */
function named(fields: LogFields): object {
  const { error, ...rest } = fields;
  return error instanceof Error ? { ...rest, err: error } : fields;
}

/**
 * What is written of an error: its kind, code, words and stack, and those of what caused it. Nothing else that a library
 * hung on it, because that is where requests with their headers, and commands with their environment, travel.
 */
function describeError(error: unknown, depth = 0): object | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = depth < deepestCause ? describeError(error.cause, depth + 1) : undefined;
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' ? { errorCode: error.code } : {}),
    message: error.message,
    stack: error.stack,
    ...(cause ? { cause } : {}),
  };
}

const deepestCause = 5;
