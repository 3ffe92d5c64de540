import * as z from 'zod';
import { Finding } from '../entities/finding.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** First words of either end: who one is and which version of the wire one speaks. */
export const systemHello = operation({
  subject: 'system.hello',
  summary: 'Exchange versions of program and wire',
  runsOn: 'manager',
  audience: 'peer',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ protocol: z.int(), version: z.string(), subjects: z.array(z.string()).max(1000) }),
  progress: noProgress,
  reply: z.object({ protocol: z.int(), version: z.string(), subjects: z.array(z.string()).max(1000) }),
  timeoutMs: 30_000,
});

/** The smallest question there is, to measure a round trip. */
export const systemPing = operation({
  subject: 'system.ping',
  summary: 'Answer at once, with the time',
  runsOn: 'manager',
  audience: 'peer',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ clock: z.iso.datetime() }),
  timeoutMs: 10_000,
});

/** What the manager says of itself. */
export const managerShow = operation({
  subject: 'manager.show',
  summary: 'Show the manager: version, uptime, authority, counts',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({
    version: z.string(),
    nodeVersion: z.string(),
    startedAt: z.iso.datetime(),
    clock: z.iso.datetime(),
    /** SHA-256 of the authority's certificate, as `SHA256:<base64url>`. */
    fingerprint: z.string(),
    listen: z.array(z.string()),
    hostsOnline: z.int(),
    memoryBytes: z.number(),
  }),
  timeoutMs: 10_000,
});

/** What the manager finds when it looks at itself: folder modes, disk, certificate, clock. */
export const managerDoctor = operation({
  subject: 'manager.doctor',
  summary: 'Examine the manager itself',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'host:read',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ findings: z.array(Finding) }),
  timeoutMs: 30_000,
});
