import type { DesiredServer } from '../../protocol/entities/server.ts';

/** Where a game's remote console listens, and the word that opens it. */
export interface RconTarget {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** Where a server's remote console listens, seen from this host; undefined where it has none or cannot be reached. */
export function rconTarget(server: DesiredServer, address: string | undefined): RconTarget | undefined {
  const { rcon } = server.game;
  const password = rcon && server.env[rcon.passwordKey];
  if (!rcon || !password || address === undefined) return undefined;
  return { host: address, port: rcon.port, password };
}
