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
