import { ZedopsError } from './errors.ts';

/** What a code is for: to join as a host, to sign in for the first time, or to call as a script. */
export type CodeKind = 'join' | 'sign-in' | 'token';

/** A code taken apart. `text` is what the manager is sent, whole. */
export interface Code {
  readonly kind: CodeKind;
  readonly text: string;
  /** The authority of the manager that made it, as `SHA256:<base64url>`: what a first connection is pinned to. */
  readonly fingerprint: string;
}

interface CodeTraits {
  readonly prefix: string;
  readonly name: string;
  readonly hint: string;
}

const traits: Readonly<Record<CodeKind, CodeTraits>> = {
  join: { prefix: 'zj_', name: 'a join code', hint: 'zedops host invite <name> prints one' },
  'sign-in': { prefix: 'zo_', name: 'a sign-in code', hint: 'zedops manager init or zedops user add prints one' },
  token: { prefix: 'zt_', name: 'an API token', hint: 'zedops token create <name> prints one' },
};

const kinds: readonly CodeKind[] = ['join', 'sign-in', 'token'];

/** `zj_`, `zo_` or `zt_`, then 24 random bytes, a dot, and the 32 bytes of the fingerprint, both in base64url. */
const shape = /^z[jot]_([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{43})$/;

/** Begins every session token. A session is of a manager that is pinned already, so it carries no fingerprint. */
const sessionPrefix = 'zs_';

const fingerprintPrefix = 'SHA256:';

/** Makes a new code of 192 random bits that names the authority with this fingerprint (`SHA256:<base64url>`). */
export function makeCode(kind: CodeKind, fingerprint: string): string {
  const code = `${traits[kind].prefix}${randomText()}.${fingerprint.slice(fingerprintPrefix.length)}`;
  if (!fingerprint.startsWith(fingerprintPrefix) || !shape.test(code)) {
    throw new ZedopsError('INVALID_INPUT', `"${fingerprint}" is not the fingerprint of an authority`);
  }
  return code;
}

/** Makes the token of a session: 192 random bits. */
export function makeSessionToken(): string {
  return `${sessionPrefix}${randomText()}`;
}

/** Says whether a text has the shape of what {@link makeSessionToken} makes. */
export function isSessionToken(text: string): boolean {
  return /^zs_[A-Za-z0-9_-]{32}$/.test(text);
}

/** Takes the code apart that `zedops host invite` printed. @throws ZedopsError INVALID_INPUT */
export function parseJoinCode(text: string): Code {
  return parseCode('join', text);
}

/** Takes the code apart that `zedops manager init` or `zedops user add` printed. @throws ZedopsError INVALID_INPUT */
export function parseSignInCode(text: string): Code {
  return parseCode('sign-in', text);
}

/** Takes the token apart that `zedops token create` printed. @throws ZedopsError INVALID_INPUT */
export function parseToken(text: string): Code {
  return parseCode('token', text);
}

/**
 * The text an agent signs with its new key to have its certificate renewed: the host's id behind a fixed beginning, so
 * that the signature means nothing anywhere else. To join, it signs the join code as it stands.
 */
export function renewalText(hostId: string): string {
  return `zedops host.renew ${hostId}`;
}

function parseCode(kind: CodeKind, given: string): Code {
  const text = given.trim();
  const { prefix, name, hint } = traits[kind];
  if (!text.startsWith(prefix)) {
    const other = kinds.find((candidate) => text.startsWith(traits[candidate].prefix));
    const isOther = other === undefined ? '' : `; this is ${traits[other].name}`;
    throw new ZedopsError('INVALID_INPUT', `${capital(name)} begins with ${prefix}${isOther}`, { hint });
  }
  const fingerprint = shape.exec(text)?.[2];
  if (fingerprint === undefined) {
    const length = prefix.length + 32 + 1 + 43;
    throw new ZedopsError(
      'INVALID_INPUT',
      `${capital(name)} has ${length} characters, with a dot in it; this one has ${text.length} and was not copied whole`,
      { hint },
    );
  }
  return { kind, text, fingerprint: `${fingerprintPrefix}${fingerprint}` };
}

function randomText(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
