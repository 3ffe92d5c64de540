import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Paths } from '../../platform/files/paths.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** One manager a person has signed in to from this account. */
export const Profile = z.object({
  name: z.string().min(1).max(256),
  /** `https://host:port`. */
  url: z.string(),
  /** The manager's authority, in PEM: the only one trusted for this manager. */
  authority: z.string(),
  /** Token of the session. */
  token: z.string(),
  /** Who signed in, as the manager names them. */
  person: z.string(),
  expiresAt: z.iso.datetime(),
});
export type Profile = z.infer<typeof Profile>;

const Kept = z.object({ current: z.string().optional(), profiles: z.array(Profile).max(1000) });

/** The managers signed in to, and which of them is talked to unless another is named. */
export type Profiles = z.infer<typeof Kept>;

/** Where the profiles are kept. The file holds session tokens: mode 0600, in a folder of mode 0700. */
export function profilesFile(paths: Paths): string {
  return join(paths.client, 'profiles.json');
}

/** Reads the profiles; none where there is no file yet. @throws ZedopsError INVALID_INPUT when the file is damaged. */
export async function readProfiles(paths: Paths): Promise<Profiles> {
  const path = profilesFile(paths);
  const text = await readIfThere(path);
  if (text === undefined) return { profiles: [] };
  try {
    return Kept.parse(JSON.parse(text));
  } catch (cause) {
    throw new ZedopsError('INVALID_INPUT', `The file of sign-ins ${path} is damaged`, {
      hint: 'delete it and run zedops login again',
      cause,
    });
  }
}

/** Keeps a profile in the place of one of the same name, and makes it the current one. */
export async function keepProfile(paths: Paths, profile: Profile): Promise<void> {
  const { profiles } = await readProfiles(paths);
  const others = profiles.filter(({ name }) => name !== profile.name);
  await write(paths, { current: profile.name, profiles: [...others, profile] });
}

/** Forgets a profile. Where it was the current one, none is. */
export async function forgetProfile(paths: Paths, name: string): Promise<void> {
  const { current, profiles } = await readProfiles(paths);
  const others = profiles.filter((profile) => profile.name !== name);
  await write(paths, { ...(current === name ? {} : { current }), profiles: others });
}

async function write(paths: Paths, profiles: Profiles): Promise<void> {
  await makePrivateFolder(paths.client);
  await writeAtomically(profilesFile(paths), `${JSON.stringify(profiles, undefined, 2)}\n`);
}
