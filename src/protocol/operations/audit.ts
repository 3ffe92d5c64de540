import * as z from 'zod';
import { AuditRow } from '../entities/audit.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Who did what, newest first. */
export const auditList = operation({
  subject: 'audit.list',
  summary: 'Show who did what, newest first',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'audit:read',
  effect: 'read',
  request: z.object({
    since: z.iso.datetime().optional().describe('rows from this time on'),
    subject: z.string().max(128).optional().describe('only this operation, or this noun'),
    actor: z.string().max(256).optional().describe('only by this person or host'),
    limit: z.int().min(1).max(1000).default(100).describe('at most this many rows'),
  }),
  progress: noProgress,
  reply: z.object({ rows: z.array(AuditRow) }),
  timeoutMs: 15_000,
});
