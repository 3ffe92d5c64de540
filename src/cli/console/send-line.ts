import type { ManagerClient } from '../../client/manager-client.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverRcon } from '../../protocol/operations/rcon.ts';
import type { AnswerValues } from '../../zomboid/commands/answer-values.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import { judgeAnswer } from '../../zomboid/commands/judge-answer.ts';

/** What a game answered to one line. */
export interface Answered {
  /** As the game said it: not safe for a terminal. */
  readonly text: string;
  readonly ms: number;
  readonly build?: Build;
  /** What the answer says, where its shape is known. */
  readonly values?: AnswerValues;
  /** Set where the game did not do it. */
  readonly failure?: ZedopsError;
}

/** One line for one server. `name` is what messages call it. */
export interface Sending {
  readonly server: string;
  readonly name: string;
  readonly line: string;
  /** Seconds to wait for the answer. */
  readonly seconds?: number | undefined;
}

/** Has a game carry out one line. @throws ZedopsError where it could not be asked; a refusal of the game is `failure`. */
export async function sendLine(
  manager: Pick<ManagerClient, 'call'>,
  { server, name, line, seconds }: Sending,
  signal: AbortSignal,
): Promise<Answered> {
  const request = { server, command: line, ...(seconds === undefined ? {} : { seconds }) };
  const { text, ms, build, failed } = await manager.call(serverRcon, request, signal);
  const known = { text, ms, ...(build === undefined ? {} : { build }) };
  if (failed) {
    const hint = failed.hint?.replaceAll('<server>', name);
    return { ...known, failure: new ZedopsError(failed.code, `${name}: ${failed.message}`, { hint }) };
  }
  const judged = judgeAnswer(build, line, text);
  return judged.ok && judged.values ? { ...known, values: judged.values } : known;
}

/** An answer as JSON output shows it; the line without its secrets. */
export function answerRecord(server: string, shownLine: string, { text, ms, values }: Answered) {
  return { server, command: shownLine, text, ms, ...(values === undefined ? {} : { values }) };
}
