import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Wire } from '../../protocol/wire.ts';
import type { AgentIdentity, Enrolment } from '../hosts/enrolment.ts';
import type { Identity } from '../people/identity.ts';
import type { Authority } from '../trust/authority.ts';
import type { ServerCertificateKeeper } from '../trust/server-certificate.ts';
import type { Identify } from './identify.ts';
import type { DoorLimits } from './limits.ts';
import type { Live } from './live.ts';

/** Who asks: known, or nobody yet. */
export interface Asker {
  readonly identity: Identity | undefined;
  /** The address they come from; `socket` for the local socket. */
  readonly from: string;
}

/** What comes with an operation that is called over HTTP. */
export interface Call {
  readonly asker: Asker;
  /** The request's id: the asker's own, or a new one. */
  readonly id: string;
  /** Aborted when the asker is gone, or was revoked. */
  readonly signal: AbortSignal;
  /** Set where the asker wants progress too (`Accept: application/x-ndjson`). */
  readonly progress?: (data: unknown) => void;
}

/** One operation called over HTTP. Resolves with the reply. @throws ZedopsError */
export type CallOperation = (subject: string, data: unknown, call: Call) => Promise<unknown>;

/** What `GET /healthz` tells anyone. */
export interface Health {
  readonly status: 'ok' | 'draining';
  readonly [fact: string]: string | number;
}

/** What a door is made of; see `createDoor`. */
export interface DoorOptions {
  readonly call: CallOperation;
  /** A person's connection was accepted. */
  readonly onClient: (wire: Wire, asker: Asker) => void;
  /** A host's connection was accepted. */
  readonly onAgent: (wire: Wire, agent: AgentIdentity, from: string) => void;
  readonly health: () => Health;
  readonly authority: Pick<Authority, 'certificate'>;
  readonly certificate: Pick<ServerCertificateKeeper, 'current' | 'onRenewed'>;
  readonly identify: Identify;
  readonly enrolment: Pick<Enrolment, 'authenticate'>;
  readonly live: Pick<Live, 'approach' | 'count'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the usual limits do not fit. */
  readonly limits?: Partial<DoorLimits> | undefined;
}

/** Where to listen; without a host, on all addresses. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}
