import type { Clock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type PlayersReply, parsePlayers } from '../../zomboid/players.ts';
import { connectRcon } from '../rcon/connection.ts';
import { rconTarget } from '../servers/stop.ts';

/** Asks a game who is online; undefined where it does not say. Never rejects because of the game. */
export type AskPlayers = (server: DesiredServer) => Promise<PlayersReply | undefined>;

const answerMs = 5_000;

/** Makes {@link AskPlayers} of a way to the remote console: `madeOf` gives what the running game was made with. */
export function createAskPlayers({
  madeOf,
  addressOf,
  clock,
}: {
  readonly madeOf: (server: DesiredServer) => DesiredServer;
  readonly addressOf: (serverId: string) => string | undefined;
  readonly clock: Clock;
}): AskPlayers {
  return async (server) => {
    const target = rconTarget(madeOf(server), addressOf(server.id));
    if (!target) return undefined;
    try {
      const rcon = await connectRcon(target, clock);
      try {
        return parsePlayers(await rcon.command('players', answerMs));
      } finally {
        rcon.close();
      }
    } catch (error) {
      // A game without an answer is one of which it is not known who is online.
      if (error instanceof ZedopsError) return undefined;
      throw error;
    }
  };
}
