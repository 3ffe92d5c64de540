import * as z from 'zod';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { EngineAway } from './engine-away.ts';

/** What the engine answered instead of a success. */
export interface EngineRefusal {
  readonly statusCode: number;
  readonly message: string;
}

const DockerodeError = z.object({
  statusCode: z.number(),
  json: z.object({ message: z.string() }).optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
});

/** The engine's refusal within an error that dockerode threw; undefined for anything else. */
export function refusalOf(error: unknown): EngineRefusal | undefined {
  const parsed = DockerodeError.safeParse(error);
  if (!parsed.success) return undefined;
  const { statusCode, json, reason } = parsed.data;
  return { statusCode, message: (json?.message ?? reason ?? `status ${statusCode}`).trim().slice(0, 2048) };
}

/** Translates what the engine refused. `about` names what was asked about, as in `container zomboid-alpha`. */
export function refused(refusal: EngineRefusal, about: string, cause?: unknown): ZedopsError {
  const { statusCode, message } = refusal;
  const port = takenPort(message);
  if (port !== undefined) {
    return new ZedopsError('CONFLICT', `Port ${port} is taken on this host, so ${about} cannot start`, {
      hint: 'ss -ulpn shows who has it; give the server another port, or stop the other one',
      cause,
    });
  }
  // Some engines say 404 to it, others 400 or 500.
  if (/address pool/i.test(message)) {
    return new ZedopsError('CONFLICT', `The Docker engine has no addresses left for ${about}: ${message}`, {
      hint: 'docker network prune removes networks nobody uses; default-address-pools in /etc/docker/daemon.json gives it more',
      cause,
    });
  }
  switch (statusCode) {
    case 400:
      return new ZedopsError('INVALID_INPUT', `The Docker engine refuses ${about}: ${message}`, { cause });
    case 404:
      return new ZedopsError('NOT_FOUND', `${capital(about)} is not there: ${message}`, { cause });
    case 409:
      return new ZedopsError('CONFLICT', `The Docker engine cannot do that with ${about} now: ${message}`, { cause });
    default:
      return otherRefusal(refusal, about, cause);
  }
}

/** Translates any error of a call to the engine. Ours pass as they are. */
export function dockerError(error: unknown, about: string, socketPath: string): ZedopsError {
  if (error instanceof ZedopsError) return error;
  const refusal = refusalOf(error);
  if (refusal) return refused(refusal, about, error);
  return noAnswer(error, socketPath);
}

/** Makes the error for an engine that cannot be reached or went away in the middle. */
export function noAnswer(cause: unknown, socketPath: string): EngineAway {
  const code = systemErrorCode(cause);
  const { message, hint } = reachability[code ?? ''] ?? {
    message: `does not answer${cause instanceof Error ? `: ${cause.message}` : ''}`,
    hint: 'systemctl status docker',
  };
  return new EngineAway(`The Docker engine on ${socketPath} ${message}`, { hint, cause });
}

const reachability: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  ENOENT: { message: 'is not there', hint: 'install Docker, or systemctl start docker, or set agent.dockerSocket' },
  ECONNREFUSED: { message: 'does not run', hint: 'systemctl start docker' },
  EACCES: {
    message: 'may not be used by this user',
    hint: 'run the agent as root, or add its user to the group docker',
  },
  EPERM: {
    message: 'may not be used by this user',
    hint: 'run the agent as root, or add its user to the group docker',
  },
  ECONNRESET: { message: 'went away', hint: 'systemctl status docker' },
  EPIPE: { message: 'went away', hint: 'systemctl status docker' },
};

/** Engines answer many a bad request with 500; what they say tells which. */
function otherRefusal({ statusCode, message }: EngineRefusal, about: string, cause: unknown): ZedopsError {
  if (/manifest unknown|not found|does not exist/i.test(message)) {
    return new ZedopsError('NOT_FOUND', `${capital(about)} is not there: ${message}`, { cause });
  }
  if (statusCode === 401 || statusCode === 403 || /unauthorized|denied|authentication required/i.test(message)) {
    return new ZedopsError('FORBIDDEN', `The Docker engine was not let to ${about}: ${message}`, {
      hint: 'docker pull on the host shows more; a private registry needs its image on the host',
      cause,
    });
  }
  if (/no such host|connection refused|i\/o timeout|TLS handshake|network is unreachable|deadline/i.test(message)) {
    return new ZedopsError('UNREACHABLE', `The Docker engine could not reach what ${about} needs: ${message}`, {
      cause,
    });
  }
  if (/invalid|exec format|executable file not found|no space left/i.test(message)) {
    return new ZedopsError('INVALID_INPUT', `The Docker engine could not run ${about}: ${message}`, { cause });
  }
  // A container that ends while a program is begun in it.
  if (/exec failed|is not running|stopped state|has stopped|no such exec/i.test(message)) {
    return new ZedopsError('CONFLICT', `The Docker engine cannot do that with ${about} now: ${message}`, { cause });
  }
  return new ZedopsError('INTERNAL', `The Docker engine failed with ${about}: ${message}`, { cause });
}

/** The port in the engine's words for one that another program or container has. */
function takenPort(message: string): string | undefined {
  if (!/already allocated|address already in use/i.test(message)) return undefined;
  const port = /:(\d{1,5})(?::| failed|: bind)/.exec(message.replace(/\[::\]/g, ''))?.[1];
  const protocol = /\b(udp|tcp)\d?\b/.exec(message)?.[1];
  return port === undefined ? undefined : protocol === undefined ? port : `${port}/${protocol}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
