import type { DesiredServer } from '../../protocol/entities/server.ts';

/** At which port of its own a game's remote console listens, and the word that opens it. */
export interface RconTarget {
  readonly port: number;
  readonly password: string;
}

/** What a server's remote console takes; undefined where it has none. */
export function rconTarget(server: Pick<DesiredServer, 'game' | 'env'>): RconTarget | undefined {
  const { rcon } = server.game;
  const password = rcon && server.env[rcon.passwordKey];
  return rcon && password ? { port: rcon.port, password } : undefined;
}
