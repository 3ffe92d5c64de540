import * as z from 'zod';

/** Most bytes of a file in one answer. */
export const pieceBytes = 256 * 1024;

/** Most files that are read in one answer, and what they may cost together: less than 1 MiB in base64. */
export const batch = { files: 256, bytes: 512 * 1024 } as const;

/** What one file of a batch costs: its bytes in the answer, and its path in the request. */
export function batchCost({ path, length }: { readonly path: string; readonly length: number }): number {
  return length + path.length;
}

/** How far a relocation is. Until `switched` the first host is in force; `settled` and `back` are only cleared away. */
export const RelocationPhase = z.enum(['copying', 'stopped', 'switched', 'settled', 'back']);
export type RelocationPhase = z.output<typeof RelocationPhase>;

/** What a host says of a world that leaves it. */
export const DescribedWorld = z.object({
  /** Bytes of the manifest. */
  manifestBytes: z.int().min(0),
  /** The server's folder itself, which is not in its manifest. */
  root: z.object({
    mode: z.int().min(0).max(0o7777),
    uid: z.int().min(0),
    gid: z.int().min(0),
    mtimeMs: z.number(),
  }),
});
export type DescribedWorld = z.output<typeof DescribedWorld>;

/** Most closed pieces of a log that go along with a world: the newest ones. */
export const mostLogPieces = 4096;

/** A server's log as the host it leaves tells of it: its numbering, and the closed pieces of its archive. */
export const HandedLog = z.object({
  stream: z.string().regex(/^[0-9a-f]{1,64}$/),
  /** Number of the next line. */
  next: z.int().min(1),
  /** Numbers that no line will be shown for. */
  holes: z.array(z.object({ first: z.int().min(1), last: z.int().min(1), count: z.int().min(1).optional() })).max(64),
  /** Files, oldest first. */
  pieces: z.array(z.object({ name: z.string().min(1).max(200), bytes: z.int().min(0) })).max(mostLogPieces),
});
export type HandedLog = z.output<typeof HandedLog>;
