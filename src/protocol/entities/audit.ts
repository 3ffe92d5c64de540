import * as z from 'zod';
import { ErrorCode } from '../errors.ts';
import { Actor } from './person.ts';

/** One row of the audit: who asked for what, on what, and how it ended. Secrets are never part of it. */
export const AuditRow = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  requestId: z.string(),
  actor: Actor,
  subject: z.string(),
  /** Name of the server or host it was about. */
  target: z.string().optional(),
  /** `begun` stays only where the manager died before the end was known. */
  outcome: z.union([z.enum(['begun', 'ok']), ErrorCode]),
  message: z.string().optional(),
  details: z.unknown(),
  /** Address the request came from; `socket` for the local socket. */
  from: z.string(),
  durationMs: z.number().optional(),
});
export type AuditRow = z.infer<typeof AuditRow>;
