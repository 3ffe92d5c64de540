/** Who is online, as the game says it. */
export interface PlayersReply {
  /** The number in the first line; it differs from the names when a name has a line break in it. */
  readonly count: number;
  readonly names: readonly string[];
}

/**
 * Reads the answer to `players`: `Players connected (2): `, then `-<name>` on a line each. Names may hold spaces, commas
 * and dashes. Undefined for any other text, such as an error of the game.
 */
export function parsePlayers(reply: string): PlayersReply | undefined {
  const header = /^Players connected \((\d{1,6})\): ?/.exec(reply);
  if (!header) return undefined;
  const rest = reply.slice(header[0].length).replaceAll('\r\n', '\n').replace(/\n$/, '');
  if (rest !== '' && !rest.startsWith('\n-')) return undefined;
  return { count: Number(header[1]), names: rest.split('\n-').slice(1) };
}
