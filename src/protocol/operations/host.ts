import * as z from 'zod';
import { Finding } from '../entities/finding.ts';
import { HostFacts, HostName, HostRef, HostSummary } from '../entities/host.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';

/** Makes the one-time code with which an agent joins. */
export const hostInvite = operation({
  subject: 'host.invite',
  summary: 'Invite a host: print the line to run on it',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'host:manage',
  effect: 'write',
  request: z.object({ name: HostName.describe('name the host shall have') }),
  progress: noProgress,
  reply: z.object({
    hostId: z.string(),
    name: HostName,
    /** `zj_…`: single use; carries the fingerprint of the authority. */
    code: secret(z.string()),
    expiresAt: z.iso.datetime(),
  }),
  timeoutMs: 10_000,
});

/** Exchanges a join code for a client certificate. The code is the only credential. */
export const hostJoin = operation({
  subject: 'host.join',
  summary: 'Join as a host with a one-time code',
  runsOn: 'manager',
  audience: 'nobody',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({
    code: secret(z.string().max(256)),
    /** The agent's public key, as SPKI in PEM. */
    publicKey: z.string().max(4096),
    /** Signature of the code by that key, in base64: proof that the asker holds it. */
    proof: z.string().max(1024),
  }),
  progress: noProgress,
  reply: z.object({
    hostId: z.string(),
    name: HostName,
    certificate: z.string(),
    authority: z.string(),
    expiresAt: z.iso.datetime(),
  }),
  timeoutMs: 30_000,
});

/** Gives a connected agent a new certificate before its old one ends. */
export const hostRenew = operation({
  subject: 'host.renew',
  summary: 'Renew the certificate of a connected host',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({ publicKey: z.string().max(4096), proof: z.string().max(1024) }),
  progress: noProgress,
  reply: z.object({ certificate: z.string(), expiresAt: z.iso.datetime() }),
  timeoutMs: 30_000,
});

/** All hosts one may see. */
export const hostList = operation({
  subject: 'host.list',
  summary: 'List hosts with their connection, engine and servers',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'host:read',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ hosts: z.array(HostSummary) }),
  timeoutMs: 10_000,
});

/** One host. */
export const hostShow = operation({
  subject: 'host.show',
  summary: 'Show a host',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({ host: HostSummary }),
  timeoutMs: 10_000,
});

/** Refuses a host's certificate from now on and cuts its live connection. Its servers keep running. */
export const hostRevoke = operation({
  subject: 'host.revoke',
  summary: 'Revoke a host: refuse its certificate and cut its connection',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:manage',
  effect: 'destroy',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({ name: HostName, wasOnline: z.boolean() }),
  timeoutMs: 10_000,
});

/** Takes a host without servers off the list. */
export const hostRemove = operation({
  subject: 'host.remove',
  summary: 'Remove a host that has no servers',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:manage',
  effect: 'destroy',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({ name: HostName }),
  timeoutMs: 10_000,
});

/** Measures the round trip to a host from both ends. */
export const hostPing = operation({
  subject: 'host.ping',
  summary: 'Measure the round trip to a host, each way',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({
    name: HostName,
    managerToHostMs: z.number(),
    hostToManagerMs: z.number(),
    /** The host's clock minus the manager's, in milliseconds, half a round trip taken off. */
    clockSkewMs: z.number(),
  }),
  timeoutMs: 15_000,
});

/** What an agent finds when it looks at its host. */
export const hostDoctor = operation({
  subject: 'host.doctor',
  summary: 'Examine a host: engine, disk, networks, published RCON',
  runsOn: 'agent',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({ facts: HostFacts, findings: z.array(Finding) }),
  timeoutMs: 30_000,
});
