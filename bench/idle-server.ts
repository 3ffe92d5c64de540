import { secrets } from '../test/support/fleet.ts';

/** Settings of a server that a played agent has: nothing listens on its ports, and servers that share a machine share none. */
export function idleServerEnv(name: string, index: number): Record<string, string> {
  return {
    SERVER_NAME: name,
    ADMIN_PASSWORD: secrets.admin,
    SERVER_PASSWORD: secrets.join,
    RCON_PASSWORD: secrets.rcon,
    SERVER_DEFAULT_PORT: String(16_261 + 2 * index),
    SERVER_UDP_PORT: String(16_262 + 2 * index),
    RCON_PORT: String(27_015 + index),
  };
}
