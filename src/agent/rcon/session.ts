import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { createBackoff } from '../../platform/network/backoff.ts';
import type { RconLink } from '../../protocol/entities/rcon-link.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { isRepeatable } from '../../zomboid/commands/repeatable.ts';
import { createAlarm } from './alarm.ts';
import { exchangeBytes, type RconConnection, signIn } from './connection.ts';
import { late, takenBack, tooMany, unknownOutcome } from './outcomes.ts';
import { patienceMs } from './patience.ts';
import { createSendWindow } from './window.ts';

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
  /** Told what each try came to; undefined when the connection ends. */
  readonly onLink?: (state: RconLink['state'] | undefined) => void;
  /** Called when nothing was asked for ten minutes; the connection is closed then. */
  readonly onIdle: () => void;
}

const idleMs = 600_000;
/** A connection that ended sooner than this was one too many, or the game does not keep any. */
const unsteadyMs = 1_000;
const restingMs = 500;
/** The last answers of a game may still be on their way when its container is seen to have ended. */
const lastAnswersMs = 2_000;
const mostWaiting = 1_024;
const mostTries = 2;

interface Entry {
  /** Absent for one that only waits for the connection. */
  readonly line: string | undefined;
  readonly urgent: boolean;
  readonly ms: number;
  /** By the steady clock. */
  readonly askedAt: number;
  isSent: boolean;
  tries: number;
  isOver: boolean;
  readonly resolve: (answer: RconAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly unlisten: (() => void) | undefined;
}

/** Makes a session; nothing is connected yet. */
export function createRconSession({ name, password, dial, clock, onIdle, onLink }: RconSessionDeps): RconSession {
  const waiting: Entry[] = [];
  /** Those that wait, and those under way. */
  const asked = new Set<Entry>();
  const backoff = createBackoff(clock.steady);
  const sendWindow = createSendWindow();
  const over = new AbortController();
  let overError: ZedopsError | undefined;
  let connection: RconConnection | undefined;
  let isConnecting = false;
  /** Before this time nothing is tried; `lastError` is why. */
  let notBefore = 0;
  let lastError: ZedopsError | undefined;
  let mayProbe = true;
  let idleAfterMs = idleMs;
  /** Since when nothing is asked on the connection. */
  let idleSince: number | undefined;
  /** Commands that the connection which is ending had under way. */
  let lost = 0;
  let takeBackRetry = (): void => undefined;
  let takeBackLast = (): void => undefined;

  /** Takes an entry off the list; false where it ended before. */
  const end = (entry: Entry): boolean => {
    if (entry.isOver) return false;
    entry.isOver = true;
    asked.delete(entry);
    entry.unlisten?.();
    if (overError && asked.size === 0) deadlines.takeBack();
    return true;
  };
  const answer = (entry: Entry, text: string): void => {
    if (end(entry)) entry.resolve({ text, ms: clock.steady() - entry.askedAt });
  };
  const refuse = (entry: Entry, error: unknown): void => {
    if (!end(entry)) return;
    const at = entry.isSent ? -1 : waiting.indexOf(entry);
    if (at !== -1) waiting.splice(at, 1);
    if (waiting.length === 0) takeBackRetry();
    entry.reject(error);
  };
  const refuseWaiting = (error: unknown): void => {
    for (const entry of waiting.splice(0)) refuse(entry, error);
  };

  const deadlines = createAlarm(clock, (now) => {
    let next: number | undefined;
    const due = (at: number): boolean => {
      if (at <= now) return true;
      next = Math.min(at, next ?? at);
      return false;
    };
    for (const entry of asked) {
      if (due(entry.askedAt + entry.ms)) refuse(entry, late(name, entry, lastError));
    }
    if (connection && idleSince !== undefined && due(idleSince + idleAfterMs)) {
      connection.close();
      onIdle();
    }
    return next;
  });

  const add = (entry: Entry): void => {
    // Urgent ones keep their order among themselves.
    const at = entry.urgent ? waiting.findIndex(({ urgent }) => !urgent) : -1;
    if (at === -1) waiting.push(entry);
    else waiting.splice(at, 0, entry);
  };

  const hasRoom = ({ line, urgent }: Entry, { mirrors, underWay }: RconConnection): boolean =>
    line === undefined ||
    underWay.count === 0 ||
    (mirrors && sendWindow.hasRoom(underWay, exchangeBytes(line), urgent));

  const send = (line: string, entry: Entry, by: RconConnection): void => {
    entry.isSent = true;
    entry.tries += 1;
    by.ask(line, entry.askedAt + entry.ms - clock.steady(), {
      done(text, ms) {
        sendWindow.answered(ms, waiting.length > 0);
        answer(entry, text);
      },
      fail(error) {
        if (by.closed) lost += 1;
        if (entry.isOver) return;
        if (!by.closed) refuse(entry, error);
        else if (/^\s*quit\s*$/i.test(line)) answer(entry, '');
        else if (isRepeatable(line) && entry.tries < mostTries && !overError) {
          entry.isSent = false;
          waiting.unshift(entry);
        } else refuse(entry, unknownOutcome(name, line, error));
      },
    });
  };

  const pump = (): void => {
    if (overError) {
      if (connection?.underWay.count === 0) connection.close();
      return;
    }
    if (!connection) {
      takeBackRetry();
      if (waiting.length === 0 || isConnecting) return;
      // Whoever still waits then has it tried again; nobody else does.
      const now = clock.steady();
      if (now < notBefore) takeBackRetry = clock.after(Math.ceil(notBefore - now), pump);
      else void connect();
      return;
    }
    for (;;) {
      const [entry] = waiting;
      if (!entry || !hasRoom(entry, connection)) break;
      waiting.shift();
      if (entry.line === undefined) answer(entry, '');
      else send(entry.line, entry, connection);
    }
    if (waiting.length > 0 || connection.underWay.count > 0) idleSince = undefined;
    else {
      idleSince ??= clock.steady();
      deadlines.by(idleSince + idleAfterMs);
    }
  };

  const connect = async (): Promise<void> => {
    isConnecting = true;
    try {
      await tryOnce();
    } catch (error) {
      if (error instanceof ZedopsError && error.code === 'UNREACHABLE') onLink?.('unreachable');
      refuseWaiting(error);
    } finally {
      isConnecting = false;
      pump();
    }
  };

  /** @throws what another try would not change. */
  const tryOnce = async (): Promise<void> => {
    const stream = await dial(over.signal);
    const begun = clock.steady();
    let isAccepted = false;
    const onAccepted = (): void => {
      isAccepted = true;
    };
    const onEnd = (error: ZedopsError): void => {
      if (!connection) return;
      connection = undefined;
      onLink?.(undefined);
      idleSince = undefined;
      takeBackLast();
      if (lost > 1) sendWindow.narrow();
      lost = 0;
      lastError = error;
      backoff.stood(clock.steady() - begun);
      // One that stood is worth a new one at once.
      if (clock.steady() - begun < unsteadyMs) notBefore = clock.steady() + backoff.next();
      pump();
    };
    try {
      const wish = { password, clock, probe: mayProbe, onAccepted, onRoom: pump, onOddity: sendWindow.narrow, onEnd };
      const opened = await signIn(stream, wish, over.signal);
      if (opened.closed) throw new ZedopsError('UNREACHABLE', 'The game closed the RCON connection');
      connection = opened;
      onLink?.('connected');
      lastError = undefined;
    } catch (error) {
      if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
      lastError = error;
      // A server may hang up on a packet that it does not know.
      if (isAccepted && mayProbe) mayProbe = false;
      else {
        notBefore = clock.steady() + backoff.next();
        onLink?.(error.code === 'FORBIDDEN' ? 'refused' : 'unreachable');
      }
      if (error.code === 'FORBIDDEN') throw error;
    }
  };

  const enter = (line: string | undefined, { timeoutMs, signal, urgent = false }: RconOptions): Promise<RconAnswer> =>
    new Promise((resolve, reject) => {
      if (overError) throw overError;
      // Each try leaves a line in the game's log, and the password does not change while the game runs.
      if (lastError?.code === 'FORBIDDEN' && clock.steady() < notBefore) throw lastError;
      if (waiting.length >= mostWaiting) throw tooMany(name, waiting.length);
      if (signal?.aborted) throw takenBack(false);
      const askedAt = clock.steady();
      const ms = timeoutMs ?? patienceMs(line);
      const abort = (): void => {
        refuse(entry, takenBack(entry.isSent));
      };
      const unlisten = signal && ((): void => signal.removeEventListener('abort', abort));
      const entry: Entry = {
        ...{ line, urgent, ms, askedAt, isSent: false, tries: 0, isOver: false, resolve, reject, unlisten },
      };
      signal?.addEventListener('abort', abort, { once: true });
      asked.add(entry);
      deadlines.by(askedAt + ms);
      add(entry);
      idleSince = undefined;
      pump();
    });

  return {
    command: enter,
    ready: async (options) => void (await enter(undefined, options)),
    rest() {
      idleAfterMs = restingMs;
      pump();
    },
    close(error) {
      if (overError) return;
      overError = error;
      takeBackRetry();
      over.abort();
      refuseWaiting(error);
      if (connection) takeBackLast = clock.after(lastAnswersMs, () => connection?.close());
      if (asked.size === 0) deadlines.takeBack();
      pump();
    },
  };
}
