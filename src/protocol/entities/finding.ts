import * as z from 'zod';

/** One thing `zedops doctor` looked at. `fix` is a command or a sentence that mends it. */
export const Finding = z.object({
  check: z.string(),
  level: z.enum(['ok', 'warn', 'fail']),
  message: z.string(),
  fix: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;
