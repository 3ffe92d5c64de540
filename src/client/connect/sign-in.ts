import type { Paths } from '../../platform/files/paths.ts';
import {
  authorityFingerprint,
  callOperation,
  fetchAuthority,
  fetchPinnedAuthority,
  managerUrl,
  parseManagerUrl,
} from '../../platform/network/pinned-https.ts';
import { parseSignInCode } from '../../protocol/codes.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import { sessionStart } from '../../protocol/operations/person.ts';
import { keepProfile, type Profile, readProfiles } from './profiles.ts';

/** What one signs in with. With a code, the password is the one chosen now. */
export interface Credentials {
  readonly code?: string | undefined;
  readonly email?: string | undefined;
  readonly password: string;
}

/** The manager at the address, with an authority that has been checked. */
export interface KnownManager {
  readonly url: string;
  readonly authority: string;
  readonly fingerprint: string;
}

/** How an authority is checked: against a fingerprint that came another way, or by a person who is shown it. */
export interface AuthorityCheck {
  readonly fingerprint?: string | undefined;
  /** Asked when nothing else vouches for the authority. */
  readonly confirm: (fingerprint: string) => Promise<boolean>;
}

/**
 * Fetches a manager's authority and makes sure it is the right one: by the code, by a given fingerprint, by an earlier
 * sign-in, or by asking a person.
 * @throws ZedopsError FORBIDDEN when it is another one or was not confirmed.
 */
export async function meetManager(
  paths: Paths,
  urlText: string,
  code: string | undefined,
  { fingerprint, confirm }: AuthorityCheck,
  signal?: AbortSignal,
): Promise<KnownManager> {
  const address = parseManagerUrl(urlText);
  const url = managerUrl(address);
  const pinned = code === undefined ? fingerprint : parseSignInCode(code).fingerprint;
  if (pinned !== undefined && fingerprint !== undefined && pinned !== fingerprint) {
    throw new ZedopsError('INVALID_INPUT', 'The code was made by another manager than the one with that fingerprint');
  }
  if (pinned !== undefined) {
    return { url, authority: await fetchPinnedAuthority(address, pinned, signal), fingerprint: pinned };
  }
  const authority = await fetchAuthority(address, signal);
  const shown = authorityFingerprint(authority);
  const earlier = (await readProfiles(paths)).profiles.find((profile) => profile.url === url);
  if (earlier && authorityFingerprint(earlier.authority) !== shown) {
    throw new ZedopsError(
      'FORBIDDEN',
      `${url} shows the authority ${shown}, but you signed in to ${authorityFingerprint(earlier.authority)}: the manager was made anew, or someone stands in between`,
      { hint: `if the manager was made anew: zedops login ${url} --fingerprint ${shown}` },
    );
  }
  if (!earlier && !(await confirm(shown))) {
    throw new ZedopsError('FORBIDDEN', `The authority of ${url} was not confirmed, so nothing was sent to it`);
  }
  return { url, authority, fingerprint: shown };
}

/** Signs in and keeps the session as the current profile. @throws ZedopsError UNAUTHENTICATED */
export async function signIn(
  paths: Paths,
  manager: KnownManager,
  credentials: Credentials,
  profileName?: string,
  signal?: AbortSignal,
): Promise<Profile> {
  const address = parseManagerUrl(manager.url);
  const answer = await callOperation(
    { address, authority: manager.authority },
    sessionStart.subject,
    credentials,
    signal,
  );
  const reply = sessionStart.reply.safeParse(answer);
  if (!reply.success) throw invalidInput('The answer to signing in', reply.error);
  const profile: Profile = {
    name: profileName ?? manager.url.replace('https://', ''),
    url: manager.url,
    authority: manager.authority,
    token: reply.data.token,
    person: reply.data.actor.name,
    expiresAt: reply.data.expiresAt,
  };
  await keepProfile(paths, profile);
  return profile;
}
