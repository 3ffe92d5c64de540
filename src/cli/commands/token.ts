import * as z from 'zod';
import { tokenCreate, tokenList, tokenRevoke } from '../../protocol/operations/person.ts';
import { Permission } from '../../protocol/permissions.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { readSpan } from '../input/point-in-time.ts';
import { moment, table } from '../output/format.ts';

/** The commands of `zedops token`. */
export const tokenCommands: readonly Command[] = [
  command({
    words: 'token create',
    summary: tokenCreate.summary,
    details: ['The token is printed once, on stdout; keep it where ZEDOPS_TOKEN is set from.'],
    subject: tokenCreate.subject,
    input: z.object({
      name: tokenCreate.request.shape.name,
      permission: z.array(Permission).min(1).describe('what it may do, at most what you may'),
      lifetime: z.string().default('90d').describe('how long it is valid, such as 12h or 90d'),
    }),
    positional: ['name'],
    flags: { permission: { placeholder: 'permission' }, lifetime: { placeholder: 'span' } },
    examples: ['zedops token create cron --permission server:read --permission server:control --lifetime 30d'],
    async run({ name, permission, lifetime }, context) {
      const lifetimeSeconds = readSpan(lifetime, '--lifetime');
      const manager = await context.manager();
      const reply = await manager.call(tokenCreate, { name, permissions: permission, lifetimeSeconds }, context.signal);
      context.talk.show(reply, () => reply.secret);
      context.talk.note(`valid until ${moment(reply.token.expiresAt)}; it is not shown again`);
      return undefined;
    },
  }),
  fromOperation(tokenList, {
    words: 'token list',
    examples: ['zedops token list'],
    answer: 'show',
    text: ({ tokens }) =>
      tokens.length === 0
        ? ''
        : table(
            ['NAME', 'MAY', 'EXPIRES', 'LAST USED', 'ID'],
            tokens.map((token) => [
              token.name,
              token.permissions.join(' '),
              moment(token.expiresAt),
              token.usedAt === undefined ? undefined : moment(token.usedAt),
              token.id,
            ]),
          ),
  }),
  fromOperation(tokenRevoke, {
    words: 'token revoke',
    positional: ['token'],
    examples: ['zedops token revoke cron --yes'],
    question: ({ token }) => `Revoke the token ${token}? What uses it stops working at once.`,
    answer: 'done',
    text: ({ token }) => `the token ${token.name} is revoked`,
  }),
];
