import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { rejectionHeader } from '../../platform/network/dial.ts';
import { errorCodes, toWireError, ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';

/** Header that carries a request's id, both ways. */
const requestIdHeader = 'zedops-request-id';

/** The id a request came with, where that is a valid one, and else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[requestIdHeader];
  return typeof given === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : newId();
}

/** Headers of every answer. Nothing of a manager is for browsers, caches or other origins. */
export function answerHeaders(id: string, contentType = 'application/json'): Record<string, string> {
  return {
    'content-type': contentType,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    [requestIdHeader]: id,
  };
}

/** An error as an HTTP answer. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes the answer for anything thrown. `rejected` says to whoever dialled that asking again is no use. */
export function errorAnswer(error: unknown, id: string, rejected?: string): ErrorAnswer {
  const told = toWireError(error, id);
  return {
    status: errorCodes[told.code].http,
    headers: {
      ...answerHeaders(id),
      ...(told.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(errorCodes[told.code].retry ? { 'retry-after': '1' } : {}),
      ...(rejected === undefined ? {} : { [rejectionHeader]: rejected }),
    },
    body: JSON.stringify({ error: told }),
  };
}

/** Milliseconds a refused one has to read why. */
const readMs = 5_000;

/** Answers on a bare socket, as before an upgrade, and ends it. */
export function refuse(socket: Duplex, answer: ErrorAnswer): void {
  if (socket.destroyed) return;
  const { status, body } = answer;
  const headers = { ...answer.headers, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), readMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`);
}

/** Makes sure that no token stands in an address, where logs and histories keep it. @throws ZedopsError INVALID_INPUT */
export function refuseTokenInAddress(url: string | undefined): void {
  const text = decoded(url ?? '');
  const isToken = /z[sotj]_[A-Za-z0-9_-]{32}/.test(text);
  const isNamedSo = /[?&;](access[_-]?token|token|auth|authorization|bearer|code|password)=/i.test(text);
  if (!isToken && !isNamedSo) return;
  throw new ZedopsError(
    'INVALID_INPUT',
    'A token goes into the Authorization header, never into the address, where logs keep it',
    { hint: 'revoke that token, because others may have seen it: zedops token revoke <name>' },
  );
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
