import { ZedopsError } from '../protocol/errors.ts';
import { serverRcon } from '../protocol/operations/rcon.ts';
import type { ManagerClient } from './connect/manager-client.ts';

/** What a game answered to one line. */
export interface GameAnswer {
  /** As the game said it: not safe for a terminal. */
  readonly text: string;
  /** Milliseconds. */
  readonly ms: number;
  /** Generation of the game, where it is known. */
  readonly build?: '41' | '42';
  /** Set where the game did not do it. */
  readonly failure?: ZedopsError;
}

/** One line for one server. `name` is what messages call it. */
export interface GameLine {
  readonly server: string;
  readonly name: string;
  readonly line: string;
  /** Seconds to wait for the answer. */
  readonly seconds?: number | undefined;
}

/** Has a game carry out one line. @throws ZedopsError where it could not be asked; a refusal of the game is `failure`. */
export async function sendGameLine(
  manager: Pick<ManagerClient, 'call'>,
  { server, name, line, seconds }: GameLine,
  signal: AbortSignal,
): Promise<GameAnswer> {
  const request = { server, command: line, ...(seconds === undefined ? {} : { seconds }) };
  const { text, ms, build, failed } = await manager.call(serverRcon, request, signal);
  const known = { text, ms, ...(build === undefined ? {} : { build }) };
  if (!failed) return known;
  const hint = failed.hint?.replaceAll('<server>', name);
  return { ...known, failure: new ZedopsError(failed.code, `${name}: ${failed.message}`, { hint }) };
}
