import type { ZedopsError } from '../../protocol/errors.ts';
import type { EncodedData } from '../../protocol/frame.ts';
import { type HandlerContext, handleWith } from '../../protocol/handlers.ts';
import type { AgentIdentity } from '../hosts/enrolment.ts';
import type { Identity } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { findHost, type HostRecord } from '../store/hosts.ts';
import type { ServerRecord } from '../store/servers.ts';

/** Where a stream goes when whoever asked did so over a connection of theirs: how much waits, and when it has left. */
export interface Reader {
  /** Sends progress that was turned into JSON before. */
  progressEncoded(data: EncodedData): void;
  /** Bytes that have not left this process yet. */
  buffered(): number;
  /** Resolves when the connection has drained, or is closed. */
  drained(): Promise<void>;
}

/** What the manager's handlers are given besides the request. The gateway has checked who asks and what they may. */
export interface ManagerContext extends HandlerContext {
  /** Who asks; `nobody` for someone who is not known yet. */
  readonly identity: Identity;
  /** The host that asks, where it is one. */
  readonly agent: AgentIdentity | undefined;
  /** Address they come from; `socket` for the local socket. */
  readonly from: string;
  /** The server the operation is about, where its target is one. */
  readonly server: ServerRecord | undefined;
  /** The host the operation is about, where its target is one. */
  readonly host: HostRecord | undefined;
  /** Absent for calls over HTTP. */
  readonly reader: Reader | undefined;
  /** True where progress reaches someone. */
  readonly hearsProgress: boolean;
  /** Names what it turned out to be about, for the audit. */
  readonly about: (name: string) => void;
  /** Says for the audit that it was not done, where the reply tells that and no error is thrown. */
  readonly failed: (error: ZedopsError) => void;
}

/** Someone who is not known. */
export const nobody: Identity = { actor: { kind: 'nobody', id: '', name: 'nobody' }, grants: [] };

/** The server an operation is about, which the gateway has found. */
export function serverOf({ server }: Pick<ManagerContext, 'server'>): ServerRecord {
  if (!server) throw new Error('an operation about a server came without one');
  return server;
}

/** The host an operation is about, which the gateway has found. */
export function hostOf({ host }: Pick<ManagerContext, 'host'>): HostRecord {
  if (!host) throw new Error('an operation about a host came without one');
  return host;
}

/** The host a server is on. */
export async function hostOfServer(db: Db, { name, hostId }: ServerRecord): Promise<HostRecord> {
  const host = await findHost(db, hostId);
  if (!host) throw new Error(`${name} is on the host ${hostId}, which is not there`);
  return host;
}

/** Joins an operation to the manager's handler of it. */
export const handleOnManager = handleWith<ManagerContext>();
