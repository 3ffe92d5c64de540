import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { type GameAnswer, type GameLine, sendGameLine } from '../../client/game-line.ts';
import type { AnswerValues } from '../../zomboid/commands/answer-values.ts';
import { judgeAnswer } from '../../zomboid/commands/judge-answer.ts';

/** What a game answered to one line, and what that says, where its shape is known. */
export interface Answered extends GameAnswer {
  readonly values?: AnswerValues;
}

/** Has a game carry out one line. @throws ZedopsError where it could not be asked; a refusal of the game is `failure`. */
export async function sendLine(
  manager: Pick<ManagerClient, 'call'>,
  sending: GameLine,
  signal: AbortSignal,
): Promise<Answered> {
  const answer = await sendGameLine(manager, sending, signal);
  if (answer.failure) return answer;
  const judged = judgeAnswer(answer.build, sending.line, answer.text);
  return judged.ok && judged.values ? { ...answer, values: judged.values } : answer;
}

/** An answer as JSON output shows it; the line without its secrets. */
export function answerRecord(server: string, shownLine: string, { text, ms, values }: Answered) {
  return { server, command: shownLine, text, ms, ...(values === undefined ? {} : { values }) };
}
