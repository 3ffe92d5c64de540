import * as z from 'zod';
import { Actor, ApiToken, Email, NewPassword, Person } from '../entities/person.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { Grant, Permission, Role } from '../permissions.ts';
import { secret } from '../redact.ts';

const Lifetime = z
  .int()
  .min(60)
  .max(366 * 86_400);

/** Signs in: with a one-time code, which also sets e-mail and password, or with e-mail and password. */
export const sessionStart = operation({
  subject: 'session.start',
  summary: 'Sign in',
  runsOn: 'manager',
  audience: 'nobody',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({
    code: secret(z.string().max(256)).optional(),
    email: Email.optional(),
    password: secret(z.string().max(1024)).optional(),
  }),
  progress: noProgress,
  reply: z.object({ token: secret(z.string()), actor: Actor, expiresAt: z.iso.datetime() }),
  timeoutMs: 30_000,
});

/** Who one is and what one may do. */
export const sessionShow = operation({
  subject: 'session.show',
  summary: 'Show who you are signed in as',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ actor: Actor, grants: z.array(Grant), expiresAt: z.iso.datetime().optional() }),
  timeoutMs: 10_000,
});

/** Ends the session that asks. */
export const sessionEnd = operation({
  subject: 'session.end',
  summary: 'Sign out',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({}),
  timeoutMs: 10_000,
});

/** Invites a person: makes a one-time code with which they sign in first. */
export const userAdd = operation({
  subject: 'user.add',
  summary: 'Add a person and print their one-time sign-in code',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'people:manage',
  effect: 'write',
  request: z.object({
    email: Email.describe('e-mail address they sign in with'),
    role: Role.describe('what they may do'),
    host: z.string().optional().describe('only on this host'),
    server: z.string().optional().describe('only on this server'),
  }),
  progress: noProgress,
  reply: z.object({ person: Person, code: secret(z.string()), expiresAt: z.iso.datetime() }),
  timeoutMs: 10_000,
});

/** Changes what a person may do; their live connections have it from then on. */
export const userEdit = operation({
  subject: 'user.edit',
  summary: 'Change what a person may do',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'people:manage',
  effect: 'write',
  request: z.object({
    email: Email.describe('e-mail address they sign in with'),
    role: Role.describe('what they may do from now on'),
    host: z.string().optional().describe('only on this host'),
    server: z.string().optional().describe('only on this server'),
    also: z.boolean().default(false).describe('besides what they may do elsewhere; else it is all they may do'),
  }),
  progress: noProgress,
  reply: z.object({ person: Person }),
  timeoutMs: 10_000,
});

/** Everyone who may sign in. */
export const userList = operation({
  subject: 'user.list',
  summary: 'List the people who may sign in',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'people:manage',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ people: z.array(Person) }),
  timeoutMs: 10_000,
});

/** Takes a person's access away at once: sessions and tokens end, live streams are cut. */
export const userRemove = operation({
  subject: 'user.remove',
  summary: 'Remove a person and end their sessions and tokens',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'people:manage',
  effect: 'destroy',
  request: z.object({ email: Email }),
  progress: noProgress,
  reply: z.object({ email: z.string(), sessionsEnded: z.int() }),
  timeoutMs: 10_000,
});

/** Sets a new password for the person who asks. */
export const userPassword = operation({
  subject: 'user.password',
  summary: 'Change your own password',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({ current: secret(z.string().max(1024)), next: secret(NewPassword) }),
  progress: noProgress,
  reply: z.object({ sessionsEnded: z.int() }),
  timeoutMs: 30_000,
});

/** Makes a token for scripts. */
export const tokenCreate = operation({
  subject: 'token.create',
  summary: 'Create an API token for scripts',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({
    name: z.string().min(1).max(64).describe('what the token is for'),
    permissions: z.array(Permission).min(1).describe('what it may do, at most what you may'),
    lifetimeSeconds: Lifetime.default(90 * 86_400).describe('seconds until it expires'),
  }),
  progress: noProgress,
  reply: z.object({ token: ApiToken, secret: secret(z.string()) }),
  timeoutMs: 10_000,
});

/** One's own tokens. */
export const tokenList = operation({
  subject: 'token.list',
  summary: 'List your API tokens',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ tokens: z.array(ApiToken) }),
  timeoutMs: 10_000,
});

/** Ends one of one's own tokens; live streams that use it are cut. */
export const tokenRevoke = operation({
  subject: 'token.revoke',
  summary: 'Revoke an API token',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'destroy',
  request: z.object({ token: z.string().min(1).max(64).describe('token id or name') }),
  progress: noProgress,
  reply: z.object({ token: ApiToken }),
  timeoutMs: 10_000,
});
