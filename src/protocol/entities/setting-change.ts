import * as z from 'zod';

/** One setting that differs. Values of secrets are told as `set` and `changed`; long ones are cut. */
export const SettingChange = z.object({
  /** `image`, `memory`, `cpus`, `port game`, or the name of an env key. */
  setting: z.string().max(160),
  /** Absent: it was not set. */
  before: z.string().max(120).optional(),
  /** Absent: it is not set any more. */
  after: z.string().max(120).optional(),
});
export type SettingChange = z.infer<typeof SettingChange>;
