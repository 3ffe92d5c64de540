import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean } from '../../platform/did-you-mean.ts';
import { isMissing, makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import { managerSocket, type Paths } from '../../platform/files/paths.ts';
import {
  authorityFingerprint,
  fetchPinnedAuthority,
  type ManagerAddress,
  type ManagerRoute,
  managerUrl,
  parseManagerUrl,
} from '../../platform/network/pinned-https.ts';
import type { Settings } from '../../platform/settings.ts';
import { parseToken } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type Profile, readProfiles } from './profiles.ts';

/** The way to the manager that is meant, and how it was found. */
export interface ClientRoute {
  readonly route: ManagerRoute;
  /** How the manager is named in messages: its address, or `this machine`. */
  readonly name: string;
  /** Set where the way is a sign-in: the profile's name. */
  readonly profile?: string;
}

/** What the way depends on. */
export interface RouteOptions {
  readonly paths: Paths;
  readonly settings: Settings;
  readonly uid: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the way to a manager: the one named by flag, then `ZEDOPS_URL`, then the signed-in one, then the socket of a
 * manager on this machine that is ours. Undefined where there is none; see {@link noManager}.
 * @throws ZedopsError for a way that is named and cannot be taken.
 */
export async function findRoute(options: RouteOptions): Promise<ClientRoute | undefined> {
  const { paths, settings, uid } = options;
  const url = settings.find('client.url');
  const profileName = settings.find('client.profile');
  const origins = new Map(settings.all().map(({ name, origin }) => [name, origin]));
  if (origins.get('client.url') === 'flag' && origins.get('client.profile') === 'flag') {
    throw new ZedopsError('INVALID_INPUT', 'Give --url or --profile, not both');
  }
  if (url !== undefined && origins.get('client.profile') !== 'flag') return byUrl(options, url);
  const { current, profiles } = await readProfiles(paths);
  const wanted = profileName ?? current;
  if (wanted !== undefined) {
    const profile = profiles.find(({ name }) => name === wanted);
    if (profile) return byProfile(profile);
    if (profileName !== undefined) {
      const known = profiles.map(({ name }) => name);
      throw new ZedopsError('NOT_FOUND', `There is no sign-in named "${wanted}"${didYouMean(wanted, known)}`, {
        hint: known.length === 0 ? 'zedops login https://<manager>:8443' : `signed in to: ${known.join(', ')}`,
      });
    }
  }
  const socketPath = managerSocket(paths);
  return (await isOurSocket(socketPath, uid)) ? { route: { socketPath }, name: 'this machine' } : undefined;
}

/** The error where no manager is known at all, with the three ways to one. */
export function noManager(): ZedopsError {
  return new ZedopsError('UNAUTHENTICATED', 'No manager to talk to', {
    hint:
      'sign in with zedops login https://<manager>:8443; or set ZEDOPS_URL and ZEDOPS_TOKEN; ' +
      'or start a manager here with zedops up',
  });
}

function byProfile({ name, url, authority, token }: Profile): ClientRoute {
  return { route: { address: parseManagerUrl(url), authority, token }, name: url, profile: name };
}

async function byUrl({ paths, settings, signal }: RouteOptions, text: string): Promise<ClientRoute> {
  const address = parseManagerUrl(text);
  const name = managerUrl(address);
  const token = settings.find('client.token');
  if (token !== undefined) {
    const authority = await pinnedAuthority(paths, address, parseToken(token).fingerprint, signal);
    return { route: { address, authority, token: token.trim() }, name };
  }
  const { current, profiles } = await readProfiles(paths);
  const ofUrl = profiles.filter(({ url }) => url === name);
  const profile = ofUrl.find((candidate) => candidate.name === current) ?? ofUrl[0];
  if (profile) return byProfile(profile);
  throw new ZedopsError('UNAUTHENTICATED', `Not signed in to ${name}, and ZEDOPS_TOKEN is not set`, {
    hint: `zedops login ${name}`,
  });
}

/** The authority a token names: from the cache, whose content proves itself by its fingerprint, or fetched. */
async function pinnedAuthority(
  paths: Paths,
  address: ManagerAddress,
  fingerprint: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const folder = join(paths.cache, 'authorities');
  const path = join(folder, `${fingerprint.replace('SHA256:', '')}.pem`);
  const cached = await readIfThere(path);
  if (cached !== undefined && isOf(cached, fingerprint)) return cached;
  const authority = await fetchPinnedAuthority(address, fingerprint, signal);
  await makePrivateFolder(folder);
  await writeAtomically(path, authority);
  return authority;
}

function isOf(certificate: string, fingerprint: string): boolean {
  try {
    return authorityFingerprint(certificate) === fingerprint;
  } catch {
    // A cached file that is no certificate is as good as none.
    return false;
  }
}

async function isOurSocket(path: string, uid: number): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isSocket() && (found.uid === uid || uid === 0);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
