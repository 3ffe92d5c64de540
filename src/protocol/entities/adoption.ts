import * as z from 'zod';
import { secret } from '../redact.ts';
import { GamePort, Port, ServerEnv, ServerLimits, ServerName, ServerVolume } from './server.ts';

const HostPath = z.string().min(1).max(4096);

/** A folder of the host that something foreign uses, and where it sees it. */
export const ForeignMount = z.object({
  type: z.enum(['bind', 'volume', 'other']),
  from: z.string().max(4096),
  to: z.string().min(1).max(4096),
});
export type ForeignMount = z.infer<typeof ForeignMount>;

/** A port something foreign listens on; `published` is its number on the host, where it has one. */
export const ForeignPort = z.object({ inside: Port, published: Port.optional(), protocol: z.enum(['udp', 'tcp']) });
export type ForeignPort = z.infer<typeof ForeignPort>;

/** Something on a host that looks like a game server and belongs to no server of ZedOps. */
export const UnmanagedServer = z.object({
  kind: z.enum(['container', 'folder']),
  /** Name of the container, or path of the folder. */
  name: z.string(),
  /** Id of the container. */
  id: z.string().optional(),
  image: z.string().optional(),
  /** The template its image belongs to, where one is known. */
  template: z.string().optional(),
  status: z.string().optional(),
  /** Published ports, as `16261/udp`. */
  ports: z.array(z.string()),
  worlds: z.array(z.string()),
  /** Why it is thought to be a game server. */
  because: z.array(z.string()),
});
export type UnmanagedServer = z.infer<typeof UnmanagedServer>;

/** What a server is adopted from. A compose service comes without its env, which may be secret and travels apart. */
export const AdoptionSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('container'), container: z.string().min(1).max(256) }),
  z.object({ kind: z.literal('folder'), path: HostPath }),
  z.object({
    kind: z.literal('compose'),
    service: z.string().min(1).max(256),
    image: z.string().min(1).max(512),
    mounts: z.array(ForeignMount).max(32),
    ports: z.array(ForeignPort).max(64),
    limits: ServerLimits.default({}),
  }),
]);
export type AdoptionSource = z.infer<typeof AdoptionSource>;

/** How folders get to their place: moved there on their file system, or copied. What lies there already stays. */
export const AdoptionWay = z.enum(['in-place', 'copy']);
export type AdoptionWay = z.infer<typeof AdoptionWay>;

/** Where one folder of a server to be adopted lies, where it goes, and how. */
export const AdoptedFolder = z.object({
  folder: ServerVolume.shape.folder,
  from: HostPath,
  to: HostPath,
  how: z.enum(['stay', 'move', 'copy']),
  bytes: z.number().optional(),
  files: z.int().optional(),
});
export type AdoptedFolder = z.infer<typeof AdoptedFolder>;

/** The container a server is adopted from, as it was found. */
export const OriginalContainer = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  running: z.boolean(),
  restart: z.string(),
});
export type OriginalContainer = z.infer<typeof OriginalContainer>;

/** A world found on the disk, and what its ini says of ports and RCON. */
export const FoundWorld = z.object({
  name: z.string().min(1).max(255),
  hasSave: z.boolean(),
  /** The keys DefaultPort, UDPPort, RCONPort and RCONPassword, where it has them. */
  ini: secret(z.record(z.string(), z.string())),
});
export type FoundWorld = z.infer<typeof FoundWorld>;

/** All an agent can say of what a server is to be adopted from. */
export const AdoptionFacts = z.object({
  template: z.string(),
  image: z.string().optional(),
  original: OriginalContainer.optional(),
  /** What the container's env says beyond its image's. */
  env: secret(ServerEnv),
  /** What the image itself sets. */
  imageEnv: secret(ServerEnv),
  ports: z.array(ForeignPort),
  limits: ServerLimits,
  folders: z.array(AdoptedFolder).min(1),
  worlds: z.array(FoundWorld),
  /** Who owns the data folder. */
  owner: z.object({ uid: z.int(), gid: z.int() }).optional(),
  warnings: z.array(z.string()),
});
export type AdoptionFacts = z.infer<typeof AdoptionFacts>;

/** What adopting would do. Values of secret settings are replaced by the word `set`. */
export const AdoptionPlan = z.object({
  name: ServerName,
  host: z.string(),
  template: z.string(),
  /** The reference the adopted server runs. */
  image: z.string(),
  world: z.string(),
  settings: z.array(
    z.object({ key: z.string(), value: z.string(), from: z.enum(['given', 'original', 'image', 'ini', 'template']) }),
  ),
  /** Settings of the original that the template does not know, and that are left out. */
  leftOut: z.array(z.string()),
  ports: z.array(GamePort),
  limits: ServerLimits,
  folders: z.array(AdoptedFolder),
  owner: z.object({ uid: z.int(), gid: z.int() }).optional(),
  original: OriginalContainer.extend({ keptAs: z.string() }).optional(),
  warnings: z.array(z.string()),
});
export type AdoptionPlan = z.infer<typeof AdoptionPlan>;
