import {
  sessionEnd,
  sessionShow,
  sessionStart,
  tokenCreate,
  tokenList,
  tokenRevoke,
  userAdd,
  userEdit,
  userList,
  userPassword,
  userRemove,
} from '../../protocol/operations/person.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { People } from '../people/people.ts';
import type { SignIn } from '../people/sign-in.ts';
import type { Tokens } from '../people/tokens.ts';

/** What the handlers of people need. */
export interface PersonHandlerDeps {
  readonly signIn: SignIn;
  readonly people: People;
  readonly tokens: Tokens;
}

/** Handlers of people, their sessions and their tokens. */
export function personHandlers({ signIn, people, tokens }: PersonHandlerDeps) {
  return [
    handleOnManager(sessionStart, async (request, { from, about }) => {
      const reply = await signIn.start(request, from);
      about(reply.actor.name);
      return reply;
    }),
    handleOnManager(sessionShow, async (_, { identity }) => signIn.show(identity)),
    handleOnManager(sessionEnd, (_, { identity }) => signIn.end(identity)),
    handleOnManager(userAdd, (request, { identity, about }) => {
      about(request.email);
      return people.add(identity, request);
    }),
    handleOnManager(userEdit, (request, { identity, about }) => {
      about(request.email);
      return people.edit(identity, request);
    }),
    handleOnManager(userList, () => people.list()),
    handleOnManager(userRemove, (request, { about }) => {
      about(request.email);
      return people.remove(request);
    }),
    handleOnManager(userPassword, (request, { identity }) => signIn.changePassword(identity, request)),
    handleOnManager(tokenCreate, (request, { identity, about }) => {
      about(request.name);
      return tokens.create(identity, request);
    }),
    handleOnManager(tokenList, (_, { identity }) => tokens.list(identity)),
    handleOnManager(tokenRevoke, async (request, { identity, about }) => {
      const reply = await tokens.revoke(identity, request);
      about(reply.token.name);
      return reply;
    }),
  ];
}
