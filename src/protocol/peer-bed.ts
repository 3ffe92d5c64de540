import * as z from 'zod';
import { type Frame, parseFrame } from './frame.ts';
import { operation } from './operation.ts';
import { createPeer, type PeerOptions } from './peer.ts';
import { createWirePair } from './wire.ts';

/** An operation of tests alone. */
export const count = operation({
  subject: 'test.count',
  summary: 'Count',
  runsOn: 'agent',
  audience: 'peer',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ to: z.unknown() }),
  progress: z.object({ at: z.int() }),
  reply: z.object({ sum: z.int() }),
  timeoutMs: 1000,
});

/** Lets every microtask run that is due. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two peers that end in each other. The right one serves. */
export function pair(serve: PeerOptions['serve'], more: Partial<PeerOptions> = {}) {
  const [a, b] = createWirePair();
  return {
    left: createPeer({ wire: a, serve: async () => undefined }),
    right: createPeer({ wire: b, serve, ...more }),
  };
}

/** One peer whose other end is a test that may send anything. */
export function lone(serve: PeerOptions['serve'] = async () => undefined, more: Partial<PeerOptions> = {}) {
  const [ours, theirs] = createWirePair();
  const peer = createPeer({ wire: ours, serve, ...more });
  const sent: Frame[] = [];
  theirs.listen({ frame: (text) => sent.push(parseFrame(text)), drained: () => undefined, closed: () => undefined });
  return { peer, sent, say: (frame: object) => theirs.send(JSON.stringify(frame)), wire: theirs };
}

/** What a peer says of itself when nothing is under way. */
export const nothing = { asked: 0, served: 0 };
