import * as z from 'zod';
import { forgetProfile } from '../../client/connect/profiles.ts';
import { findRoute, noManager } from '../../client/connect/route.ts';
import { type Credentials, meetManager, signIn } from '../../client/connect/sign-in.ts';
import { parseSignInCode } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { sessionEnd, sessionShow, userPassword } from '../../protocol/operations/person.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { askLine, askNewPassword, askPassword, askYesNo, canAsk, readAll } from '../input/prompt.ts';
import { moment, pairs } from '../output/format.ts';

const loginInput = z.object({
  url: z.string().min(1).max(1024).describe('address of the manager, as https://host:8443'),
  code: z.string().max(256).optional().describe('one-time code, from zedops manager init or zedops user add'),
  codeStdin: z
    .boolean()
    .default(false)
    .describe('read the code from stdin, before the password if that comes from there too'),
  email: z.string().max(254).optional().describe('e-mail address to sign in with'),
  passwordStdin: z.boolean().default(false).describe('read the password from stdin'),
  fingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9_-]{43}$/, 'a fingerprint is SHA256: and 43 letters')
    .optional()
    .describe('fingerprint of the manager’s authority, from zedops manager show'),
  name: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('name of the sign-in, for --profile; else the manager’s address'),
});

type LoginInput = z.output<typeof loginInput>;

const loginCommand = command({
  words: 'login',
  summary: 'Sign in to a manager',
  details: [
    'With a one-time code you choose your password now, and the code carries the fingerprint of the manager’s authority. With e-mail and password you are shown the fingerprint and asked to compare it, once; where nobody can be asked, --fingerprint says what it has to be. The session is kept in a file that only you can read.',
  ],
  input: loginInput,
  positional: ['url'],
  flags: { fingerprint: { placeholder: 'SHA256:…' }, code: { placeholder: 'code' } },
  examples: [
    'zedops login https://localhost:8443 --code zo_…',
    'zedops login https://manager.example:8443 --email ann@example.org',
    'printf "%s\\n" "$PASSWORD" | zedops login https://manager.example:8443 --email ann@example.org --password-stdin --fingerprint SHA256:…',
  ],
  async run(input, context) {
    const { signal, paths, talk } = context;
    const given = await readGiven(input, context);
    if (given.code !== undefined) parseSignInCode(given.code);
    // Where nobody can be asked, what is missing is told before anything is sent.
    const ready = canAsk(context.io) ? undefined : await complete(given, context);
    const manager = await meetManager(
      paths,
      input.url,
      given.code,
      {
        fingerprint: input.fingerprint,
        confirm(fingerprint) {
          if (canAsk(context.io)) {
            context.io.stderr.write(
              `The manager’s authority is ${fingerprint}\nzedops manager show on its own machine prints the same.\n`,
            );
            return askYesNo(context, 'Is it the right one?');
          }
          throw new ZedopsError('FORBIDDEN', `Nothing vouches for ${input.url}, whose authority is ${fingerprint}`, {
            hint: `compare it with zedops manager show there, then add --fingerprint ${fingerprint}`,
          });
        },
      },
      signal,
    );
    const profile = await signIn(paths, manager, ready ?? (await complete(given, context)), input.name, signal);
    const { token: _, authority: __, ...shown } = profile;
    talk.done({ profile: shown, fingerprint: manager.fingerprint }, `signed in to ${profile.url} as ${profile.person}`);
    talk.note(`until ${moment(profile.expiresAt)}`);
    return undefined;
  },
});

interface Given {
  readonly code: string | undefined;
  readonly email: string | undefined;
  readonly password: string | undefined;
}

/** What was handed over without a question. Stdin is read once: the code's line first, then the password's. */
async function readGiven({ code, codeStdin, email, passwordStdin }: LoginInput, { io }: Context): Promise<Given> {
  if (code !== undefined && codeStdin) throw new ZedopsError('INVALID_INPUT', 'Give --code or --code-stdin, not both');
  if (!codeStdin && !passwordStdin) return { code, email, password: undefined };
  const lines = (await readAll(io.stdin, 64 * 1024)).split(/\r?\n/);
  const next = (what: string): string => {
    const line = lines.shift();
    if (line) return line;
    throw new ZedopsError('INVALID_INPUT', `Stdin holds no ${what}`);
  };
  const readCode = codeStdin ? next('code') : code;
  return { code: readCode, email, password: passwordStdin ? next('password') : undefined };
}

/** Asks for what is still missing. @throws ZedopsError INVALID_INPUT where nobody can be asked. */
async function complete({ code, email, password }: Given, context: Context): Promise<Credentials> {
  const hasPerson = canAsk(context.io);
  if (password === undefined && !hasPerson) {
    throw new ZedopsError('INVALID_INPUT', 'There is no terminal to ask for the password on', {
      hint: 'hand it over with --password-stdin',
    });
  }
  if (code !== undefined) {
    const address =
      email ??
      (hasPerson && password === undefined
        ? await askLine(context, 'E-mail (leave empty if you were invited by it): ')
        : '');
    const chosen = password ?? (await askNewPassword(context, 'Choose a password'));
    return { code, ...(address.trim() === '' ? {} : { email: address.trim() }), password: chosen };
  }
  if (email === undefined && !hasPerson) {
    throw new ZedopsError('INVALID_INPUT', 'Sign in with --code, or with --email and a password', {
      hint: 'zedops login --help',
    });
  }
  const address = email ?? (await askLine(context, 'E-mail: '));
  return { email: address.trim(), password: password ?? (await askPassword(context, 'Password: ')) };
}

const logoutCommand = command({
  words: 'logout',
  summary: 'Sign out: end the session and forget it',
  subject: sessionEnd.subject,
  input: z.object({}),
  examples: ['zedops logout', 'zedops logout --profile manager.example:8443'],
  async run(_, context) {
    const { paths, uid, signal, talk } = context;
    const found = await findRoute({ paths, settings: context.settings(), uid, signal });
    if (!found) throw noManager();
    if (found.profile === undefined) {
      throw new ZedopsError('CONFLICT', `There is no sign-in to end: ${found.name} is reached without one`);
    }
    const manager = await context.manager();
    try {
      await manager.call(sessionEnd, {}, signal);
    } catch (error) {
      // A session the manager does not know any more is over; one it cannot be told about ends by itself.
      if (!(error instanceof ZedopsError) || !['UNAUTHENTICATED', 'UNREACHABLE', 'TIMEOUT'].includes(error.code))
        throw error;
      if (error.code !== 'UNAUTHENTICATED')
        talk.warn(`${error.message}; the session is forgotten here and runs out by itself`);
    }
    await forgetProfile(paths, found.profile);
    talk.done({ profile: found.profile }, `signed out of ${found.name}`);
    return undefined;
  },
});

const passwdCommand = command({
  words: 'passwd',
  summary: userPassword.summary,
  subject: userPassword.subject,
  input: z.object({
    passwordStdin: z
      .boolean()
      .default(false)
      .describe('read the current password and the new one from stdin, a line each'),
  }),
  examples: ['zedops passwd'],
  async run({ passwordStdin }, context) {
    if (!passwordStdin && !canAsk(context.io)) {
      throw new ZedopsError('INVALID_INPUT', 'There is no terminal to ask for the passwords on', {
        hint: 'zedops passwd --password-stdin',
      });
    }
    const manager = await context.manager();
    const lines = passwordStdin ? (await readAll(context.io.stdin, 64 * 1024)).split(/\r?\n/) : [];
    const current = passwordStdin ? (lines[0] ?? '') : await askPassword(context, 'Current password: ');
    const next = passwordStdin ? (lines[1] ?? '') : await askNewPassword(context, 'New password');
    const reply = await manager.call(userPassword, { current, next }, context.signal);
    context.talk.done(reply, `the password is changed; ${reply.sessionsEnded} other sessions have ended`);
    return undefined;
  },
});

/** `zedops login`, `logout`, `whoami` and `passwd`. */
export const sessionCommands: readonly Command[] = [
  loginCommand,
  logoutCommand,
  fromOperation(sessionShow, {
    words: 'whoami',
    examples: ['zedops whoami', 'zedops whoami --json'],
    answer: 'show',
    async text({ actor, grants, expiresAt }, _, context) {
      const manager = await context.manager();
      return pairs([
        ['who', actor.name || actor.kind],
        ['at', manager.name],
        [
          'may',
          grants
            .map(({ role, scope }) => (scope.kind === 'global' ? role : `${role} on ${scope.kind} ${scope.id}`))
            .join(', ') || undefined,
        ],
        ['until', expiresAt === undefined ? undefined : moment(expiresAt)],
      ]);
    },
  }),
  passwdCommand,
];
