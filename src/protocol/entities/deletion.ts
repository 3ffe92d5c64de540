import * as z from 'zod';

/** Seconds; ten years. */
const longestKept = 315_360_000;

/** How long a deleted server is kept, in seconds, or for good. */
export const KeepDeleted = z.union([z.literal('forever'), z.int().min(3600).max(longestKept)]);
export type KeepDeleted = z.infer<typeof KeepDeleted>;

/** What became of a deleted server, and what will. */
export const Deletion = z.object({
  deletedAt: z.iso.datetime(),
  /** When its world is removed, by the manager's clock. Absent: not before someone purges it. */
  purgeAt: z.iso.datetime().optional(),
  /** Where its world lies on its host; absent where the host has not said so. */
  keptAt: z.string().optional(),
});
export type Deletion = z.infer<typeof Deletion>;
