import type { Generated } from 'kysely';
import type { RelocationPhase } from '../../protocol/entities/relocation.ts';

/** Columns of every table, as the newest migration leaves them. Times are milliseconds since 1970; lists and objects are JSON text. */
export interface Schema {
  meta: { key: string; value: string };
  hosts: HostTable;
  joinCodes: JoinCodeTable;
  servers: ServerTable;
  serverEnv: ServerEnvTable;
  observed: { serverId: string; state: string; at: number };
  people: PersonTable;
  grants: GrantTable;
  signInCodes: SignInCodeTable;
  sessions: SessionTable;
  tokens: TokenTable;
  audit: AuditTable;
  relocations: RelocationTable;
  /** New servers of which nobody knows yet whether their host has taken them. */
  unsettled: { serverId: string; requestId: string; subject: string; hostId: string };
  events: EventTable;
  eventCursors: { hostId: string; stream: string; seq: number };
  players: PlayerTable;
  playerSessions: PlayerSessionTable;
}

interface RelocationTable {
  serverId: string;
  jobId: string;
  /** Who wants it, by name. */
  actor: string;
  fromHost: string;
  toHost: string;
  phase: RelocationPhase;
}

interface EventTable {
  id: Generated<number>;
  /** By the clock of the host. */
  at: number;
  heardAt: number;
  hostId: string;
  serverId: string | null;
  kind: string;
  text: string;
  actor: string | null;
  jobId: string | null;
  crashId: string | null;
  /** Of what players do. */
  playerName: string | null;
  player: string | null;
}

interface PlayerTable {
  serverId: string;
  name: string;
  /** For comparing without regard to case. */
  foldedName: string;
  steamId: string | null;
  firstSeenAt: number;
  lastSeenAt: number;
}

interface PlayerSessionTable {
  id: Generated<number>;
  serverId: string;
  name: string;
  steamId: string | null;
  joinedAt: number;
  seenAt: number;
  /** Null until its end is known. */
  leftAt: number | null;
  /** `kicked` and `banned` of a session without an end: so it will end, if it ends soon. */
  ending: 'left' | 'kicked' | 'banned' | 'stopped' | 'crashed' | 'unknown' | null;
  deaths: Generated<number>;
}

interface HostTable {
  id: string;
  name: string;
  state: 'invited' | 'active' | 'revoked';
  /** SHA-256 of the public key in the current certificate, in base64url. */
  keyFingerprint: string | null;
  /** The certificate the host was given last, in lower-case hexadecimal. */
  certificateSerial: string | null;
  /** The one before, good until the current one is seen for the first time. */
  previousSerial: string | null;
  certificateExpiresAt: number | null;
  invitedAt: number;
  joinedAt: number | null;
  lastSeenAt: number | null;
  facts: string | null;
  tags: Generated<string>;
}

interface JoinCodeTable {
  hash: string;
  hostId: string;
  expiresAt: number;
  usedAt: number | null;
}

interface ServerTable {
  id: string;
  name: string;
  hostId: string;
  revision: number;
  power: 'on' | 'off';
  template: string;
  reference: string;
  pull: 'missing' | 'always' | 'never';
  limits: string;
  game: string;
  createdAt: number;
  deletedAt: number | null;
  /** When its world is to be removed; null for one that is not deleted, or kept until someone purges it. */
  purgeAt: number | null;
  /** Where its host keeps the world of a deleted server; null where the host has not said. */
  keptAt: string | null;
  /** Name of its folder on its host, where a rename has made that another than its own. */
  folder: string | null;
  /** The revision that its host, away at the time, is to apply as soon as it is back. */
  applyRevision: number | null;
  /** Set when the row stays for the record only; its name is free again. */
  purgedAt: number | null;
  tags: Generated<string>;
}

interface ServerEnvTable {
  serverId: string;
  key: string;
  /** Sealed where `secret` is 1. */
  value: string;
  secret: 0 | 1;
}

interface PersonTable {
  id: string;
  email: string;
  /** Null until the first sign-in with the one-time code. */
  passwordHash: string | null;
  createdAt: number;
  signedInAt: number | null;
}

interface GrantTable {
  personId: string;
  role: string;
  scopeKind: 'global' | 'host' | 'server';
  /** Id of the host or server; empty for a global grant. */
  scopeId: string;
}

interface SignInCodeTable {
  hash: string;
  /** Null for the owner's code: its person is made when it is used. */
  personId: string | null;
  expiresAt: number;
}

interface SessionTable {
  id: string;
  hash: string;
  personId: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number;
}

interface TokenTable {
  id: string;
  hash: string;
  personId: string;
  name: string;
  permissions: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

interface AuditTable {
  id: string;
  at: number;
  requestId: string;
  actorKind: string;
  actorId: string;
  actorName: string;
  subject: string;
  target: string | null;
  outcome: string;
  message: string | null;
  details: string;
  fromAddress: string;
  durationMs: number | null;
}
