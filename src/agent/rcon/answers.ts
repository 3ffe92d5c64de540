import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { parsePlayers } from '../../zomboid/players/players.ts';
import type { RconSessions } from './sessions.ts';

const answerMs = 5_000;

/** Says whether a game tells who is online: its main loop runs then, and players can come in. */
export async function answersCommands(rcon: Pick<RconSessions, 'command'>, server: DesiredServer): Promise<boolean> {
  try {
    return parsePlayers((await rcon.command(server, 'players', { timeoutMs: answerMs })).text) !== undefined;
  } catch (error) {
    // A game that is still starting does not listen yet.
    if (error instanceof ZedopsError) return false;
    throw error;
  }
}

/**
 * Says whether a game's remote console takes the password; undefined where it has none, or the game does not run.
 * Nothing is asked of the game.
 */
export async function takesPassword(
  rcon: Pick<RconSessions, 'ready'>,
  server: DesiredServer,
): Promise<boolean | undefined> {
  try {
    await rcon.ready(server, { timeoutMs: answerMs });
    return true;
  } catch (error) {
    if (!(error instanceof ZedopsError)) throw error;
    return error.code === 'UNSUPPORTED' || error.code === 'CONFLICT' ? undefined : false;
  }
}
