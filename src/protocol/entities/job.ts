import * as z from 'zod';
import { WireError } from '../errors.ts';

/** One step of long work, as it is shown while it runs. */
export const Step = z.object({
  step: z.string().max(512),
  percent: z.number().min(0).max(100).optional(),
  /** Set for no step at all but something to be warned of, said once when the work begins. */
  isWarning: z.boolean().optional(),
  /** True while it only waits for its time to come: what it works on is as it was before. */
  waiting: z.boolean().optional(),
  /** When this step gives up if nothing happens until then; absent where it does not. */
  deadlineAt: z.iso.datetime().optional(),
});
export type Step = z.infer<typeof Step>;

/** Long work on a server, recorded on the agent's disk under the id of the request that began it. */
export const Job = z.object({
  id: z.string(),
  subject: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  /** Who asked, by name. */
  actor: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  step: Step.optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** How long it ran, by a clock that nobody sets; absent where the agent died in the middle. */
  tookMs: z.int().min(0).optional(),
  /** Set when the agent died in the middle and what it did about that at its next start. */
  recovered: z.enum(['resumed', 'undone']).optional(),
  reply: z.unknown().optional(),
  error: WireError.optional(),
});
export type Job = z.infer<typeof Job>;
