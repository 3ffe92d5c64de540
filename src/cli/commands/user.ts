import type { Person } from '../../protocol/entities/person.ts';
import { userAdd, userEdit, userList, userRemove } from '../../protocol/operations/person.ts';
import type { Command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { publicAddress } from '../local/public-address.ts';
import { counted, moment, table } from '../output/format.ts';

/** The commands of `zedops user`. */
export const userCommands: readonly Command[] = [
  fromOperation(userAdd, {
    words: 'user add',
    positional: ['email'],
    details: [
      'Prints the line with which they sign in first, on stdout. Its code works once; they choose their password with it.',
    ],
    examples: [
      'zedops user add ann@example.org --role operator',
      'zedops user add bob@example.org --role viewer --server alpha',
    ],
    answer: 'show',
    async text({ person, code, expiresAt }, _, context) {
      context.talk.note(`give this line to ${person.email}; it works once, until ${moment(expiresAt)}`);
      return `zedops login ${await publicAddress(context, 'https')} --code ${code}`;
    },
  }),
  fromOperation(userEdit, {
    words: 'user edit',
    positional: ['email'],
    details: [
      'What they are doing goes on with it: a stream that they may not have any more ends within a second. Nobody gives more than they have, and the last admin stays one.',
    ],
    examples: [
      'zedops user edit bob@example.org --role operator',
      'zedops user edit bob@example.org --role agent-admin --host box-1 --also',
    ],
    answer: 'done',
    text: ({ person }, { role, host, server, also }) => {
      const where =
        host === undefined ? (server === undefined ? 'everywhere' : `on server ${server}`) : `on host ${host}`;
      const others = person.grants.length - 1;
      const rest = also && others > 0 ? `, besides ${counted(others, 'other role')}` : '';
      return `${person.email} is ${role} ${where} from now on${rest}`;
    },
  }),
  fromOperation(userList, {
    words: 'user list',
    examples: ['zedops user list'],
    answer: 'show',
    text: ({ people }) =>
      table(
        ['E-MAIL', 'MAY', 'SIGNED IN'],
        people.map((person) => [
          person.email,
          grants(person),
          person.signedInAt === undefined ? (person.invited ? 'invited' : undefined) : moment(person.signedInAt),
        ]),
      ),
  }),
  fromOperation(userRemove, {
    words: 'user remove',
    positional: ['email'],
    examples: ['zedops user remove bob@example.org --yes'],
    question: ({ email }) => `Remove ${email}? Their sessions and tokens end at once.`,
    answer: 'done',
    text: ({ email }) => `${email} is removed; their sessions and tokens have ended`,
  }),
];

function grants({ grants: given }: Person): string {
  return given
    .map(({ role, scope }) => (scope.kind === 'global' ? role : `${role} on ${scope.kind} ${scope.id}`))
    .join(', ');
}
