import { createHash, X509Certificate } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { fromWireError, ZedopsError } from '../../protocol/errors.ts';

/** Name every manager's certificate carries, whatever address it is reached at. What is checked is its authority. */
export const managerServerName = 'manager.zedops.internal';

/** Where a manager listens. */
export interface ManagerAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `https://host:port` or `wss://host:port`; without a port, 8443. @throws ZedopsError INVALID_INPUT */
export function parseManagerUrl(text: string): ManagerAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badUrl(text);
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'wss:') || url.username !== '' || url.pathname.length > 1) {
    throw badUrl(text);
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 8443 : Number(url.port) };
}

function badUrl(text: string): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `"${text}" is not the address of a manager`, {
    hint: 'write it as https://host:8443',
  });
}

/** `https://host:port` of an address, as it is shown and kept. */
export function managerUrl({ host, port }: ManagerAddress): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Fingerprint of an authority: `SHA256:` and the base64url of the digest of its certificate. */
export function authorityFingerprint(certificatePem: string): string {
  const digest = createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('base64url');
  return `SHA256:${digest}`;
}

/**
 * Asks a manager for its authority's certificate over a connection that is not trusted yet. Whoever calls this compares
 * the fingerprint with one that came another way, or has a person do so.
 */
export async function fetchAuthority(address: ManagerAddress, signal?: AbortSignal): Promise<string> {
  const { status, body } = await exchange(address, {
    method: 'GET',
    path: '/authority.pem',
    rejectUnauthorized: false,
    signal,
  });
  if (status !== 200 || !body.startsWith('-----BEGIN CERTIFICATE-----')) {
    throw new ZedopsError('UNREACHABLE', `${managerUrl(address)} answers, but not as a ZedOps manager`);
  }
  return body;
}

/**
 * Fetches the authority and makes sure it is the one with this fingerprint.
 * @throws ZedopsError FORBIDDEN when it is another one.
 */
export async function fetchPinnedAuthority(
  address: ManagerAddress,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<string> {
  const authority = await fetchAuthority(address, signal);
  const shown = authorityFingerprint(authority);
  if (shown === fingerprint) return authority;
  throw new ZedopsError(
    'FORBIDDEN',
    `The manager at ${managerUrl(address)} shows the authority ${shown}, not ${fingerprint}: it is another manager, or someone stands in between`,
  );
}

/** How {@link callOperation} reaches a manager: over TLS with a pinned authority, or over the owner's socket. */
export type ManagerRoute =
  | { readonly address: ManagerAddress; readonly authority: string; readonly token?: string | undefined }
  | { readonly socketPath: string };

/** Calls one operation by `POST /v1/<subject>` and returns its reply, not parsed yet. Gives up after `waitMs` of silence. */
export async function callOperation(
  route: ManagerRoute,
  subject: string,
  data: unknown,
  signal?: AbortSignal,
  waitMs: number = defaultWaitMs,
): Promise<unknown> {
  const text = JSON.stringify(data);
  const options: RequestOptions & { signal?: AbortSignal | undefined } = {
    method: 'POST',
    path: `/v1/${subject}`,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...('token' in route && route.token !== undefined ? { authorization: `Bearer ${route.token}` } : {}),
    },
    signal,
    timeout: waitMs,
    ...('authority' in route ? { ca: route.authority } : {}),
  };
  const { status, body } =
    'socketPath' in route
      ? await exchangeOnSocket(route.socketPath, options, text)
      : await exchange(route.address, options, text);
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (cause) {
    throw new ZedopsError('UNREACHABLE', `The manager answered with status ${status}, which is no answer of ZedOps`, {
      cause,
    });
  }
  if (status === 200) return answer;
  throw fromWireError(typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'error') : undefined);
}

const largestAnswerBytes = 8 * 1024 * 1024;
const defaultWaitMs = 30_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

type ExchangeOptions = RequestOptions & { readonly signal?: AbortSignal | undefined };

function exchange(address: ManagerAddress, options: ExchangeOptions, body?: string): Promise<Answer> {
  const where = managerUrl(address);
  return send(where, body, (done) => {
    const { signal, ...rest } = options;
    const tls = {
      host: address.host,
      port: address.port,
      servername: managerServerName,
      minVersion: 'TLSv1.3',
    } as const;
    return httpsRequest({ timeout: defaultWaitMs, ...rest, ...tls, ...(signal ? { signal } : {}), agent: false }, done);
  });
}

function exchangeOnSocket(socketPath: string, options: ExchangeOptions, body: string): Promise<Answer> {
  // An import of node:http reads all its exports, one of which loads a WebSocket client: 20 ms for every command.
  const { request: httpRequest } = process.getBuiltinModule('node:http');
  return send(socketPath, body, (done) => {
    const { signal, method, path, headers, timeout } = options;
    const given = { method, path, headers, socketPath, timeout: timeout ?? defaultWaitMs, agent: false as const };
    return httpRequest({ ...given, ...(signal ? { signal } : {}) }, done);
  });
}

function send(
  where: string,
  body: string | undefined,
  open: (done: (response: IncomingMessage) => void) => ClientRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(connectionError(where, error));
    const request = open((response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswerBytes) request.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', fail);
    request.on('timeout', () => request.destroy(new Error('it does not answer in time')));
    request.end(body);
  });
}

/** Turns an error of a TLS or socket connection to a manager into ours, with the advice that belongs to it. */
export function connectionError(where: string, error: unknown): ZedopsError {
  if (error instanceof ZedopsError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ABORT_ERR')
    return new ZedopsError('CANCELLED', `The connection to ${where} was given up`, { cause: error });
  if (untrusted.has(code)) {
    return new ZedopsError(
      'FORBIDDEN',
      `The manager at ${where} is not the one this machine knows: its certificate comes from another authority (${code})`,
      { hint: 'if the manager was made anew, sign in or join again', cause: error },
    );
  }
  const why = reasons[code] ?? message;
  return new ZedopsError('UNREACHABLE', `The manager at ${where} cannot be reached: ${why}`, { cause: error });
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_PURPOSE',
]);

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  ENOENT: 'the socket is not there',
  EACCES: 'the socket belongs to someone else',
  CERT_HAS_EXPIRED: 'its certificate has expired; is a clock wrong?',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is a clock wrong?',
};
