import type { Duplex } from 'node:stream';
import { createBackoff } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { isRepeatable } from '../../zomboid/commands/repeatable.ts';
import { type RconConnection, signIn } from './connection.ts';

/** How a command is to be carried out. */
export interface RconOptions {
  /** Milliseconds from now until its answer is given up; without it, 10 s, and for a save 120 s. */
  readonly timeoutMs?: number;
  /** Takes back a command that was not sent yet; of one that was, the answer is not waited for. */
  readonly signal?: AbortSignal;
  /** Passes commands that wait: for what a stop depends on. */
  readonly urgent?: boolean;
}

/** What the game said, and how many milliseconds after it was asked. */
export interface RconAnswer {
  readonly text: string;
  readonly ms: number;
}

/** The session with one run of one game: connects when it is asked something, and again when the connection broke. */
export interface RconSession {
  /** Carries out a command; see `RconSessions.command`. */
  command(line: string, options: RconOptions): Promise<RconAnswer>;
  /** Resolves when the game has taken the password. @throws ZedopsError */
  ready(options: RconOptions): Promise<void>;
  /** Stays open only for as long as something is asked, from now on. */
  rest(): void;
  /** Ends it for good: what was not sent is refused with this error; what was may still be answered for two seconds. */
  close(error: ZedopsError): void;
}

/** What {@link createRconSession} is made of. */
export interface RconSessionDeps {
  /** The server's name. */
  readonly name: string;
  readonly password: string;
  /** Opens a stream to the remote console. @throws ZedopsError */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly clock: Clock;
  /** Called when nothing was asked for ten minutes; the connection is closed then. */
  readonly onIdle: () => void;
}

const answerMs = 10_000;
const saveMs = 120_000;
const idleMs = 600_000;
const restingMs = 500;
/** The last answers of a game may still be on their way when its container is seen to have ended. */
const lastAnswersMs = 2_000;
const mostWaiting = 1_024;
/** Kept small: the game reads sizes without waiting for their rest, so that what is under way fits into one segment. */
const mostUnderWay = 32;
const mostBytesUnderWay = 1_200;
/** Urgent ones go out past a full window; there is never more than a few. */
const urgentRoom = 8;
const mostTries = 2;

interface Entry {
  /** Absent for one that only waits for the connection. */
  readonly line: string | undefined;
  readonly urgent: boolean;
  readonly askedAt: number;
  readonly deadline: number;
  isSent: boolean;
  tries: number;
  isOver: boolean;
  readonly done: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

/** Makes a session; nothing is connected yet. */
export function createRconSession({ name, password, dial, clock, onIdle }: RconSessionDeps): RconSession {
  const waiting: Entry[] = [];
  const backoff = createBackoff(clock.now);
  const over = new AbortController();
  let overError: ZedopsError | undefined;
  let connection: RconConnection | undefined;
  let isConnecting = false;
  /** Before this time nothing is tried; `lastError` is why. */
  let notBefore = 0;
  let lastError: ZedopsError | undefined;
  let mayProbe = true;
  let idleAfterMs = idleMs;
  let takeBackIdle = (): void => undefined;
  let takeBackRetry = (): void => undefined;

  const refuseWaiting = (error: unknown): void => {
    for (const entry of waiting.splice(0)) entry.fail(error);
  };

  const add = (entry: Entry): void => {
    // Urgent ones keep their order among themselves.
    const at = entry.urgent ? waiting.findIndex(({ urgent }) => !urgent) : -1;
    if (at === -1) waiting.push(entry);
    else waiting.splice(at, 0, entry);
  };

  const hasRoom = ({ line, urgent }: Entry, { mirrors, underWay }: RconConnection): boolean => {
    if (line === undefined || underWay.count === 0) return true;
    if (!mirrors) return false;
    if (urgent) return underWay.count < mostUnderWay + urgentRoom;
    return underWay.count < mostUnderWay && underWay.bytes + Buffer.byteLength(line) <= mostBytesUnderWay;
  };

  const send = async (line: string, entry: Entry, by: RconConnection): Promise<void> => {
    entry.isSent = true;
    entry.tries += 1;
    try {
      entry.done(await by.ask(line, entry.deadline - clock.now()));
    } catch (error) {
      if (entry.isOver) return;
      if (!by.closed) entry.fail(error);
      else if (/^\s*quit\s*$/i.test(line)) entry.done('');
      else if (isRepeatable(line) && entry.tries < mostTries && !overError) {
        entry.isSent = false;
        waiting.unshift(entry);
      } else entry.fail(unknownOutcome(name, line, error));
    } finally {
      pump();
    }
  };

  const pump = (): void => {
    if (overError) {
      if (connection?.underWay.count === 0) connection.close();
      return;
    }
    takeBackIdle();
    takeBackRetry();
    if (!connection) {
      if (waiting.length === 0 || isConnecting) return;
      // Whoever still waits then has it tried again; nobody else does.
      if (clock.now() < notBefore) takeBackRetry = clock.after(notBefore - clock.now(), pump);
      else void connect();
      return;
    }
    for (;;) {
      const [entry] = waiting;
      if (!entry || !hasRoom(entry, connection)) break;
      waiting.shift();
      if (entry.line === undefined) entry.done('');
      else void send(entry.line, entry, connection);
    }
    if (waiting.length > 0 || connection.underWay.count > 0) return;
    takeBackIdle = clock.after(idleAfterMs, () => {
      connection?.close();
      onIdle();
    });
  };

  const connect = async (): Promise<void> => {
    isConnecting = true;
    try {
      await tryOnce();
    } catch (error) {
      refuseWaiting(error);
    } finally {
      isConnecting = false;
      pump();
    }
  };

  /** @throws what another try would not change. */
  const tryOnce = async (): Promise<void> => {
    const stream = await dial(over.signal);
    const begun = clock.now();
    let isAccepted = false;
    const onAccepted = (): void => {
      isAccepted = true;
    };
    const onEnd = (error: ZedopsError): void => {
      if (!connection) return;
      connection = undefined;
      lastError = error;
      backoff.stood(clock.now() - begun);
      // One that stood is worth a new one at once.
      if (clock.now() - begun < unsteadyMs) notBefore = clock.now() + backoff.next();
      pump();
    };
    try {
      const opened = await signIn(stream, { password, clock, probe: mayProbe, onAccepted, onEnd }, over.signal);
      if (opened.closed) throw new ZedopsError('UNREACHABLE', 'The game closed the RCON connection');
      connection = opened;
      lastError = undefined;
    } catch (error) {
      if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
      lastError = error;
      // A server may hang up on a packet that it does not know.
      if (isAccepted && mayProbe) mayProbe = false;
      else notBefore = clock.now() + backoff.next();
      if (error.code === 'FORBIDDEN') throw error;
    }
  };

  const enter = (line: string | undefined, { timeoutMs, signal, urgent = false }: RconOptions): Promise<RconAnswer> =>
    new Promise((resolve, reject) => {
      if (overError) throw overError;
      // Each try leaves a line in the game's log, and the password does not change while the game runs.
      if (lastError?.code === 'FORBIDDEN' && clock.now() < notBefore) throw lastError;
      if (waiting.length >= mostWaiting) {
        throw new ZedopsError(
          'CONFLICT',
          `${name} has ${mostWaiting} RCON commands waiting already; nothing was sent`,
          {
            hint: 'try again in a moment',
          },
        );
      }
      if (signal?.aborted) throw new ZedopsError('CANCELLED', 'The RCON command was taken back; nothing was sent');
      const askedAt = clock.now();
      const ms = timeoutMs ?? (/^\s*save\b/i.test(line ?? '') ? saveMs : answerMs);
      const end = (): void => {
        entry.isOver = true;
        takeBack();
        signal?.removeEventListener('abort', abort);
        const at = entry.isSent ? -1 : waiting.indexOf(entry);
        if (at !== -1) waiting.splice(at, 1);
        if (waiting.length === 0) takeBackRetry();
      };
      const entry: Entry = {
        ...{ line, urgent, askedAt, deadline: askedAt + ms, isSent: false, tries: 0, isOver: false },
        done(text) {
          if (entry.isOver) return;
          end();
          resolve({ text, ms: clock.now() - askedAt });
        },
        fail(error) {
          if (entry.isOver) return;
          end();
          reject(error);
        },
      };
      const takeBack = clock.after(ms, () => entry.fail(late(name, entry, ms, lastError)));
      const abort = (): void => {
        const what = entry.isSent ? 'whether it was done is not known' : 'nothing was sent';
        entry.fail(new ZedopsError('CANCELLED', `The RCON command was taken back; ${what}`));
      };
      signal?.addEventListener('abort', abort, { once: true });
      add(entry);
      pump();
    });

  return {
    command: enter,
    async ready(options) {
      await enter(undefined, options);
    },
    rest() {
      idleAfterMs = restingMs;
      pump();
    },
    close(error) {
      if (overError) return;
      overError = error;
      takeBackIdle();
      takeBackRetry();
      over.abort();
      refuseWaiting(error);
      if (connection) takeBackIdle = clock.after(lastAnswersMs, () => connection?.close());
      pump();
    },
  };
}

/** A connection that ended sooner than this was one too many, or the game does not keep any. */
const unsteadyMs = 1_000;

function unknownOutcome(name: string, line: string, cause: unknown): ZedopsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const word = line.split(' ', 1)[0] ?? '';
  return new ZedopsError('UNREACHABLE', `${name} may or may not have done "${word}": ${why} before its answer came`, {
    hint: 'see what it did before asking again',
    cause,
  });
}

function late(name: string, { line, isSent }: Entry, ms: number, reason: ZedopsError | undefined): ZedopsError {
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
