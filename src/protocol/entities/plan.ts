import * as z from 'zod';
import { ErrorCode } from '../errors.ts';
import { TakenPort } from './port.ts';
import { GamePort, ServerImage, ServerLimits, ServerName } from './server.ts';

/** One thing that is looked at before a server is made. */
export const PlanCheck = z.object({
  name: z.enum(['host', 'name', 'settings', 'ports', 'disk', 'memory', 'image', 'data']),
  /** `warn`: it is made all the same. `refuse`: it is not. */
  level: z.enum(['ok', 'warn', 'refuse']),
  text: z.string(),
  hint: z.string().optional(),
  /** The code of the error that a create would end with; set where it is refused. */
  code: ErrorCode.optional(),
});
export type PlanCheck = z.infer<typeof PlanCheck>;

/** What a create would make, and whether it may. */
export const ServerPlan = z.object({
  name: ServerName,
  host: z.string(),
  image: ServerImage,
  power: z.enum(['on', 'off']),
  ports: z.array(GamePort),
  limits: ServerLimits,
  checks: z.array(PlanCheck),
  /** False where a check refuses. */
  isPossible: z.boolean(),
});
export type ServerPlan = z.infer<typeof ServerPlan>;

/** Room on a file system of a host. */
export const DiskRoom = z.object({ path: z.string(), freeBytes: z.number(), totalBytes: z.number() });
export type DiskRoom = z.infer<typeof DiskRoom>;

/** What a host finds when it is asked whether a server could be made on it. */
export const HostReadiness = z.object({
  /** Which of the ports are not free; our own servers' containers are named by their servers. */
  taken: z.array(TakenPort),
  /** Where the server's folders would be. */
  disk: DiskRoom,
  /** The further data roots of the host, to which servers can be moved. Absent: it has none, or its agent is older. */
  otherDisks: z.array(DiskRoom).max(64).optional(),
  /** Where images are kept, when that is another file system and can be seen. */
  imageDisk: DiskRoom.optional(),
  /** Absent where nothing is pulled: servers run as processes. */
  image: z
    .object({
      isPresent: z.boolean(),
      /** What the registry says of the image; absent where it was not asked. */
      registry: z.enum(['has-it', 'has-not', 'refuses', 'unreachable']).optional(),
      problem: z.string().optional(),
    })
    .optional(),
  /** The container or process that has the name the server's would have. */
  sameName: z.string().optional(),
  folder: z.object({
    path: z.string(),
    state: z.enum(['absent', 'empty', 'occupied', 'in-the-way']),
    hasWorld: z.boolean(),
    /** Folders of that name in the other data roots that hold something. */
    alsoAt: z.array(z.string()).max(64).optional(),
  }),
  /** Why the engine could not be asked; what it would know is absent then. */
  blind: z.string().optional(),
});
export type HostReadiness = z.infer<typeof HostReadiness>;
