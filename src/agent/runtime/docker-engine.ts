import { Agent, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { dockerError, noAnswer, refused } from './docker-errors.ts';

/** A connection to the engine of this host: dockerode for calls, plain HTTP for what streams. */
export interface DockerEngine {
  /** The engine's version, asked anew. */
  version(): Promise<string>;
  /** Makes one call. `about` names its subject in errors. */
  call<Result>(about: string, work: DockerWork<Result>, options?: CallOptions): Promise<Result>;
  /** Asks for something that streams and resolves with the response once its status says that it worked. */
  open(about: string, path: string, options: OpenOptions): Promise<IncomingMessage>;
  /** Asks for something with a body in JSON whose answer goes both ways, and resolves with the connection it has become. */
  hijack(about: string, path: string, body: unknown, signal: AbortSignal): Promise<Duplex>;
  /** An error for a stream of the engine that broke. */
  broken(cause: unknown): ZedopsError;
  /** Ends every connection. */
  close(): void;
}

/** One call, with the signal that its request must carry. */
export type DockerWork<Result> = (docker: Docker, abortSignal: AbortSignal) => Promise<Result>;

/** How long a call may take, and what else ends it. */
export interface CallOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** What a streaming request is made of. */
export interface OpenOptions {
  readonly method?: 'GET' | 'POST';
  readonly signal: AbortSignal;
  /** How long the engine may take until it begins to answer. */
  readonly deadlineMs?: number;
}

/** Newest API version whose answers this code was written for; older engines are spoken to in their own. */
const newestApi = '1.47';
const callMs = 30_000;
const longestRefusalBytes = 16 * 1024;

const EngineVersion = z.object({
  Version: z.string(),
  ApiVersion: z.string().regex(/^\d+\.\d+$/),
  MinAPIVersion: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
});

/** Speaks with the engine at a Unix socket. Connects when it is first asked something. */
export function createDockerEngine(socketPath: string, clock: Clock): DockerEngine {
  // dockerode's transport describes its options, this one with all its sockets among them, in words for a debug log on
  // every call, also where nobody reads it. What is short to describe costs nothing.
  const agent = Object.assign(new Agent({ keepAlive: false }), { [inspect.custom]: () => 'connections to the engine' });
  const options = { socketPath, agent };
  const closing = new AbortController();
  let known: Promise<Docker> | undefined;
  let api = newestApi;

  const withDeadline = async <Result>(
    about: string,
    work: (signal: AbortSignal) => Promise<Result>,
    { deadlineMs = callMs, signal }: CallOptions,
  ): Promise<Result> => {
    const late = new AbortController();
    const takeBack = clock.after(deadlineMs, () => late.abort());
    const signals = [late.signal, closing.signal, ...(signal ? [signal] : [])];
    try {
      return await unlessAborted(work, AbortSignal.any(signals));
    } catch (error) {
      if (signal?.aborted || closing.signal.aborted) {
        throw new ZedopsError('CANCELLED', `Cancelled while the Docker engine was asked about ${about}`, {
          cause: error,
        });
      }
      const seconds = Math.round(deadlineMs / 1000);
      if (late.signal.aborted) {
        throw noAnswer(new Error(`no answer about ${about} within ${seconds} s`, { cause: error }), socketPath);
      }
      const translated = dockerError(error, about, socketPath);
      // The next engine to listen here may be of another version.
      if (translated.code === 'UNREACHABLE') known = undefined;
      throw translated;
    } finally {
      takeBack();
    }
  };

  const negotiate = (): Promise<Docker> => {
    known ??= (async () => {
      try {
        const plain = new Docker(options);
        const { ApiVersion, MinAPIVersion = ApiVersion } = await withDeadline(
          'its version',
          async () => EngineVersion.parse(await plain.version()),
          {},
        );
        api = chooseApi(ApiVersion, MinAPIVersion);
        return new Docker({ ...options, version: `v${api}` });
      } catch (error) {
        known = undefined;
        throw error;
      }
    })();
    return known;
  };

  const send = (path: string, method: string, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asking = request({
        socketPath,
        agent,
        method,
        path: `/v${api}${path}`,
        headers: { host: 'docker' },
        signal,
      });
      asking.once('response', resolve);
      asking.on('error', reject);
      asking.end();
    });

  /** dockerode would drop what comes with the engine's consent. */
  const upgrade = (path: string, body: unknown, signal: AbortSignal, about: string): Promise<Duplex> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const asking = request({
        ...{ socketPath, agent, method: 'POST', path: `/v${api}${path}` },
        headers: {
          host: 'docker',
          connection: 'Upgrade',
          upgrade: 'tcp',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      });
      const end = (): void => void asking.destroy();
      signal.addEventListener('abort', end, { once: true });
      const forget = (): void => signal.removeEventListener('abort', end);
      asking.once('upgrade', (_, socket: Duplex, head: Buffer) => {
        forget();
        const close = (): void => void socket.destroy();
        closing.signal.addEventListener('abort', close, { once: true });
        socket.once('close', () => closing.signal.removeEventListener('abort', close));
        if (signal.aborted || closing.signal.aborted) close();
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      asking.once('response', (response) => {
        forget();
        const { statusCode = 0 } = response;
        refusalText(response).then((message) => reject(refused({ statusCode, message }, about)), reject);
      });
      asking.on('error', (error) => {
        forget();
        reject(error);
      });
      asking.end(text);
    });

  return {
    async version() {
      const docker = await negotiate();
      return withDeadline('its version', async () => EngineVersion.parse(await docker.version()).Version, {});
    },
    async call(about, work, options = {}) {
      const docker = await negotiate();
      return withDeadline(about, (signal) => work(docker, signal), options);
    },
    async open(about, path, { method = 'GET', signal, deadlineMs = callMs }) {
      await negotiate();
      // The deadline is for the beginning of the answer only; what follows ends with the caller's signal.
      const opened = new AbortController();
      const end = (): void => opened.abort();
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      return withDeadline(
        about,
        async (late) => {
          late.addEventListener('abort', end, { once: true });
          try {
            const response = await send(path, method, opened.signal);
            const { statusCode = 0 } = response;
            if (statusCode >= 300) throw refused({ statusCode, message: await refusalText(response) }, about);
            response.once('close', () => signal.removeEventListener('abort', end));
            return response;
          } catch (error) {
            signal.removeEventListener('abort', end);
            throw error;
          } finally {
            late.removeEventListener('abort', end);
          }
        },
        { deadlineMs, signal },
      );
    },
    async hijack(about, path, body, signal) {
      await negotiate();
      return withDeadline(about, (late) => upgrade(path, body, late, about), { signal });
    },
    broken: (cause) => noAnswer(cause, socketPath),
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

/** Not every call of dockerode takes a signal; one that does not is left behind when the signal aborts. */
function unlessAborted<Result>(work: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    else
      work(signal)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', end));
  });
}

/** The newest version both sides speak; an engine that is newer by far is spoken to in the oldest it still takes. */
export function chooseApi(newest: string, oldest: string): string {
  if (minor(newest) <= minor(newestApi)) return newest;
  return minor(oldest) > minor(newestApi) ? oldest : newestApi;
}

function minor(version: string): number {
  const [major = '0', rest = '0'] = version.split('.');
  return Number(major) * 1000 + Number(rest);
}

async function refusalText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > longestRefusalBytes) break;
  }
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message;
  } catch {
    return text.slice(0, 1024);
  }
}
