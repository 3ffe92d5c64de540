import type { Person } from '../../protocol/entities/person.ts';
import { userAdd, userList, userRemove } from '../../protocol/operations/person.ts';
import type { Command } from '../command.ts';
import { moment, table } from '../format.ts';
import { fromOperation } from '../from-operation.ts';
import { publicAddress } from '../public-address.ts';

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
