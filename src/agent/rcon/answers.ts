import type { Clock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { parsePlayers } from '../../zomboid/players.ts';
import { rconTarget } from '../servers/stop.ts';
import { connectRcon } from './connection.ts';

const answerMs = 5_000;

/** Says whether a game tells who is online: its main loop runs then, and players can come in. */
export async function answersCommands(
  server: DesiredServer,
  address: string | undefined,
  clock: Clock,
): Promise<boolean> {
  const target = rconTarget(server, address);
  if (!target) return false;
  try {
    const rcon = await connectRcon(target, clock);
    try {
      return parsePlayers(await rcon.command('players', answerMs)) !== undefined;
    } finally {
      rcon.close();
    }
  } catch (error) {
    // A game that is still starting does not listen yet.
    if (error instanceof ZedopsError) return false;
    throw error;
  }
}

/**
 * Says whether a game's remote console takes the password; undefined where it has none or is out of reach. Nothing is
 * asked of the game.
 */
export async function takesPassword(
  server: DesiredServer,
  address: string | undefined,
  clock: Clock,
): Promise<boolean | undefined> {
  const target = rconTarget(server, address);
  if (!target) return undefined;
  try {
    (await connectRcon(target, clock)).close();
    return true;
  } catch (error) {
    if (error instanceof ZedopsError) return false;
    throw error;
  }
}
