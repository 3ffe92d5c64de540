import * as z from 'zod';

/** One thing that was looked at in a server's data. */
export const WorldFinding = z.object({
  /** What was looked at, as a path below the server's folder, or `sizes`. */
  item: z.string().max(512),
  level: z.enum(['ok', 'warn', 'fail']),
  text: z.string().max(1024),
});
export type WorldFinding = z.infer<typeof WorldFinding>;

/** What one of a server's folders takes up on its host's disk. */
export const FolderSize = z.object({
  /** `data`, `bin` or `workshop`, below the server's folder. */
  folder: z.string(),
  files: z.int(),
  bytes: z.number(),
});
export type FolderSize = z.infer<typeof FolderSize>;

/** Whether a server's world is there and can be read, by looking at its files. */
export const WorldCheck = z.object({
  server: z.string(),
  /** The server's folder on its host. */
  folder: z.string(),
  findings: z.array(WorldFinding).max(64),
  /** Absent where there is no folder. */
  sizes: z
    .object({
      folders: z.array(FolderSize),
      /** Pieces of the map the game has saved. */
      mapChunks: z.int(),
      measuredAt: z.iso.datetime(),
      /** Seconds since then, by the host's clock: sizes are measured at most every five minutes. */
      ageSeconds: z.number(),
    })
    .optional(),
});
export type WorldCheck = z.infer<typeof WorldCheck>;
