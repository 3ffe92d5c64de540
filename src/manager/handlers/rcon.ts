import { ZedopsError } from '../../protocol/errors.ts';
import { agentRcon, serverRcon } from '../../protocol/operations/rcon.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import { judgeAnswer } from '../../zomboid/commands/judge-answer.ts';
import { lacks, placeOfServer } from '../gateway/authorize.ts';
import { handleOnManager, hostOfServer, serverOf } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import { mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';

/** Handlers of console commands: the permission hangs on the command, and the server's host carries it out. */
export function rconHandlers({ db, hub }: { readonly db: Db; readonly hub: Pick<Hub, 'get'> }) {
  return [
    handleOnManager(serverRcon, async ({ command, seconds }, context) => {
      const server = serverOf(context);
      const { permission } = commandRights(undefined, command);
      if (!mayDo(context.identity, permission, placeOfServer(server))) {
        throw lacks(serverRcon.subject, permission, server.name);
      }
      const link = hub.get(await hostOfServer(db, server));
      const request = { serverId: server.id, command, ...(seconds === undefined ? {} : { seconds }) };
      const answer = await link.request(agentRcon, request, { id: context.id, signal: context.signal });
      const judged = judgeAnswer(answer.build, command, answer.text);
      if (judged.ok) return answer;
      const { ok: _, ...failed } = judged;
      const { code, message, hint } = failed;
      context.failed(new ZedopsError(code, message, { hint }));
      return { ...answer, failed };
    }),
  ];
}
