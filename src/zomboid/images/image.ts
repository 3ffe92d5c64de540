import { parseDocument } from 'yaml';
import * as z from 'zod';
import { imageTag } from './image-tag.ts';

const EnvKey = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable');

/** A tag of an image. Source: the reference grammar of the OCI distribution project. */
const ImageTag = z.string().regex(imageTag, 'is no tag of an image');

const Registry = z
  .string()
  .max(255)
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/,
    'is no image reference without a tag, such as registry/owner/name',
  );

const ContainerPath = z
  .string()
  .max(255)
  .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/, 'is no plain absolute path');

const PortNumber = z.int().min(1024).max(65_535);
const Id = z.int().min(0).max(65_534);
const Gigabytes = z.number().min(0).max(10_000);
const Build = z.literal([41, 42]);

const Image = z
  .strictObject({
    /** One line for lists. */
    title: z.string().min(1).max(120),
    /** Registry reference without a tag. */
    registry: Registry,
    /** The tag that is run where nobody asks for another. */
    tag: ImageTag,
    /** Tags known to exist; others may be asked for. */
    tags: z.array(ImageTag).max(64).default([]),
    pull: z.enum(['missing', 'always', 'never']).default('missing'),
    /** Where it can run: as a container, and as a plain process when it says how. */
    runtimes: z
      .array(z.enum(['docker', 'process']))
      .min(1)
      .max(2)
      .default(['docker']),
    /** Which build of the game runs, as far as tag or env tell. */
    build: z
      .strictObject({
        env: EnvKey.optional(),
        values: z.record(z.string(), Build).default({}),
        tags: z.record(z.string(), Build).default({}),
      })
      .optional(),
    /** Where the image wants the server's folders: the game's files, its world and settings, its workshop content. */
    volumes: z.strictObject({
      bin: ContainerPath.optional(),
      data: ContainerPath,
      workshop: ContainerPath.optional(),
    }),
    /** Ports players use, and the env that moves them. Without `env` the port is fixed. */
    ports: z
      .array(
        z.strictObject({
          name: z.enum(['game', 'direct']),
          env: EnvKey.optional(),
          port: PortNumber,
          protocol: z.enum(['udp', 'tcp']).default('udp'),
        }),
      )
      .min(1)
      .max(8),
    /** Where RCON listens and which env is its password. A port of 0 turns it off. */
    rcon: z.strictObject({ env: EnvKey.optional(), port: PortNumber, password: EnvKey }).optional(),
    /** Base name of ini, database and save folder: the env that says it, or what it always is. */
    world: z.strictObject({ env: EnvKey.optional(), name: z.string().min(1).max(64).optional() }).default({}),
    /** Which env means what. What the image has no env for is absent. */
    facts: z
      .strictObject({
        adminUser: EnvKey,
        adminPassword: EnvKey,
        joinPassword: EnvKey,
        publicName: EnvKey,
        maxPlayers: EnvKey,
        mods: EnvKey,
        workshopItems: EnvKey,
        map: EnvKey,
        branch: EnvKey,
      })
      .partial()
      .default({}),
    /** Java's heap, and what the container needs on top of it, in MiB. */
    memory: z
      .strictObject({
        env: EnvKey,
        unit: z.enum(['java', 'gigabytes', 'megabytes']),
        headroomMb: z.int().min(0).max(65_536),
      })
      .optional(),
    /**
     * Gigabytes (2^30 bytes) one server takes: the image where it is not there yet, the game's files that are downloaded
     * into its folder, and what is to be free besides for workshop content, saves and logs.
     */
    disk: z.strictObject({ imageGb: Gigabytes, gameGb: Gigabytes, worldGb: Gigabytes }).partial().optional(),
    /** Who owns the server's files: fixed ids, or the env that says them. */
    owner: z
      .strictObject({ uid: Id.optional(), gid: Id.optional(), uidEnv: EnvKey.optional(), gidEnv: EnvKey.optional() })
      .optional(),
    /** Seconds from `quit` to exit before a signal is sent. */
    stopSeconds: z.int().min(1).max(3600).default(300),
    /** Minutes without a line after which a game that starts is taken for stuck; 15 where it is not said. */
    silentMinutes: z.int().min(1).max(1440).optional(),
    /** How to run it without a container. `{zedops}` is this program, `{data}` the server's data folder. */
    process: z
      .strictObject({
        command: z.array(z.string().min(1).max(1024)).min(1).max(64),
        env: z.record(EnvKey, z.string().max(4096)).default({}),
      })
      .optional(),
  })
  .refine(({ runtimes, process }) => !runtimes.includes('process') || process !== undefined, {
    path: ['process'],
    message: 'is missing, though the image runs as a process',
  });

/** What is known of an image: where it comes from, and what its env, folders and ports mean to the game. */
export type ImageDefinition = z.output<typeof Image> & { readonly id: string };

/** The room one server of an image needs, as far as it is known. */
export type DiskNeeds = NonNullable<ImageDefinition['disk']>;

/**
 * Reads an `image.yaml`. Its fields are those of the schema above; unknown ones are faults.
 * @param id name of the image's folder, part of its servers' container names.
 */
export function parseImage(
  id: string,
  yamlText: string,
): { readonly image: ImageDefinition } | { readonly faults: readonly string[] } {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
    return { faults: [`"${id}" is no name for an image: 1 to 63 of a-z, 0-9 and -`] };
  }
  const document = parseDocument(yamlText, { version: '1.2', schema: 'core' });
  const broken = [...document.errors, ...document.warnings].slice(0, mostFaults);
  // The first line of such a message says what and where; the rest is a picture of the text.
  if (broken.length > 0)
    return { faults: broken.map(({ message }) => message.split('\n')[0]?.replace(/:$/, '') ?? '') };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)] };
  }
  const parsed = Image.safeParse(value);
  if (parsed.success) return { image: { ...parsed.data, id } };
  return {
    faults: parsed.error.issues.slice(0, mostFaults).map(({ path, message }) => {
      const field = path.map(String).join('.');
      return field === '' ? message : `${field}: ${message}`;
    }),
  };
}

const mostFaults = 20;

/** Every key of the env that an image definition names, with the field that names it. */
export function namedKeys(image: ImageDefinition): ReadonlyMap<string, string> {
  const { ports, rcon, world, facts, memory, owner, build } = image;
  const named: readonly (readonly [field: string, key: string | undefined])[] = [
    ...ports.map(({ env }, index) => [`ports.${index}.env`, env] as const),
    ['rcon.env', rcon?.env],
    ['rcon.password', rcon?.password],
    ['world.env', world.env],
    ['memory.env', memory?.env],
    ['owner.uidEnv', owner?.uidEnv],
    ['owner.gidEnv', owner?.gidEnv],
    ['build.env', build?.env],
    ...Object.entries(facts).map(([fact, key]) => [`facts.${fact}`, key] as const),
  ];
  const keys = new Map<string, string>();
  for (const [field, key] of named) if (key !== undefined && !keys.has(key)) keys.set(key, field);
  return keys;
}
