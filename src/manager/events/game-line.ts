import { ZedopsError } from '../../protocol/errors.ts';
import { agentRcon } from '../../protocol/operations/rcon.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import type { CommandLine } from '../../zomboid/commands/command-line.ts';
import { judgeAnswer } from '../../zomboid/commands/judge-answer.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { hostOfServer, type ManagerContext } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Db } from '../store/database.ts';
import type { ServerRecord } from '../store/servers.ts';

/** What became of a line that a game was told; secrets are taken out of the command. */
export interface ToldGame {
  readonly command: string;
  readonly answer: string;
}

/**
 * Tells a game a line of the catalogue and judges what it answers.
 * @throws ZedopsError INVALID_INPUT for a line that cannot be written, the game's refusal, or the host's error.
 */
export type TellGame = (
  server: ServerRecord,
  build: Build | undefined,
  made: CommandLine,
  context: Pick<ManagerContext, 'id' | 'signal'>,
) => Promise<ToldGame>;

/** Makes what tells games something. */
export function createTellGame({ db, hub }: { readonly db: Db; readonly hub: Pick<Hub, 'get'> }): TellGame {
  return async (server, build, made, { id, signal }) => {
    if ('fault' in made) throw new ZedopsError('INVALID_INPUT', `${server.name}: ${made.fault}`, { hint: made.hint });
    const link = hub.get(await hostOfServer(db, server));
    if (!link.knows(agentRcon.subject)) {
      throw new ZedopsError('UNSUPPORTED', `The agent of ${link.hostName} does not know ${agentRcon.subject}`, {
        hint: 'upgrade the agent',
      });
    }
    const told = await link.request(agentRcon, { serverId: server.id, command: made.line }, { id, signal });
    const judged = judgeAnswer(told.build ?? build, made.line, told.text);
    if (!judged.ok) throw new ZedopsError(judged.code, `${server.name}: ${judged.message}`, { hint: judged.hint });
    return { command: redactCommand(made.line), answer: told.text.trim() };
  };
}
