import * as z from 'zod';
import { Grant, Permission } from '../permissions.ts';

/** An e-mail address, lower-cased, as a person signs in with. */
export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email());

/** A new password: long enough that its words need no special characters. */
export const NewPassword = z.string().min(12, 'a password has at least 12 characters').max(1024);

/** Someone who may sign in. */
export const Person = z.object({
  id: z.string(),
  email: z.string(),
  grants: z.array(Grant),
  createdAt: z.iso.datetime(),
  signedInAt: z.iso.datetime().optional(),
  /** True until the first sign-in with the one-time code. */
  invited: z.boolean(),
});
export type Person = z.infer<typeof Person>;

/** A token for scripts. The secret itself is shown once, when it is made. */
export const ApiToken = z.object({
  id: z.string(),
  name: z.string(),
  person: z.string(),
  /** The token may do no more than these, and no more than its person. */
  permissions: z.array(Permission),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  usedAt: z.iso.datetime().optional(),
});
export type ApiToken = z.infer<typeof ApiToken>;

/** Who does something: a person, a token of theirs, the owner of the manager's state folder, an agent, ZedOps itself, or nobody yet. */
export const Actor = z.object({
  kind: z.enum(['person', 'token', 'local', 'agent', 'system', 'nobody']),
  /** Id of the person or host; empty for local, system and nobody. */
  id: z.string(),
  /** What lists and audit rows show: an e-mail address, `local`, a host's name. */
  name: z.string(),
});
export type Actor = z.infer<typeof Actor>;
