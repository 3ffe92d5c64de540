import { readProfiles } from '../src/client/connect/profiles.ts';
import { openSession, type Session } from '../src/client/connect/session.ts';
import { systemClock } from '../src/platform/clock.ts';
import { resolvePaths } from '../src/platform/files/paths.ts';
import { parseManagerUrl } from '../src/platform/network/pinned-https.ts';

/** Opens a session as the person who is signed in from a home. @throws Error where nobody is. */
export async function openSignedIn(home: string): Promise<Session> {
  const paths = resolvePaths({ env: { ZEDOPS_HOME: home }, uid: process.getuid?.() ?? 0 });
  const [profile] = (await readProfiles(paths)).profiles;
  if (!profile) throw new Error(`nobody is signed in from ${home}`);
  const route = { address: parseManagerUrl(profile.url), authority: profile.authority, token: profile.token };
  return openSession({ route, clock: systemClock });
}
