import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type PlayersReply, parsePlayers } from '../../zomboid/players/players.ts';
import type { RconSessions } from '../rcon/sessions.ts';

/** Asks a game who is online; undefined where it does not say. Never rejects because of the game. */
export type AskPlayers = (server: DesiredServer) => Promise<PlayersReply | undefined>;

const answerMs = 5_000;

/** Makes {@link AskPlayers} of the remote consoles of this host. */
export function createAskPlayers(rcon: Pick<RconSessions, 'command'>): AskPlayers {
  return async (server) => {
    try {
      return parsePlayers((await rcon.command(server, 'players', { timeoutMs: answerMs })).text);
    } catch (error) {
      // A game without an answer is one of which it is not known who is online.
      if (error instanceof ZedopsError) return undefined;
      throw error;
    }
  };
}
