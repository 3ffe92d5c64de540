import * as z from 'zod';

/** How the agent reaches a game's remote console: over the network, or through a program run in the container. */
export const RconWay = z.enum(['address', 'published-port', 'exec']);
export type RconWay = z.infer<typeof RconWay>;

/** How the session with a game's remote console is: the game took the password, refused it, or cannot be reached. */
export const RconLink = z.object({
  state: z.enum(['connected', 'refused', 'unreachable']),
  /** Since when it is so, by the agent's clock. */
  since: z.iso.datetime(),
});
export type RconLink = z.infer<typeof RconLink>;
