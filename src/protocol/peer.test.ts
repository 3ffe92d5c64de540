import { expect, test } from 'vitest';
import { systemPing } from './operations/system.ts';
import { createPeer } from './peer.ts';
import { createWirePair } from './wire.ts';

test('answers', async () => {
  const [a, b] = createWirePair();
  const left = createPeer({ wire: a, serve: async () => ({}) });
  createPeer({ wire: b, serve: async () => ({ clock: new Date().toISOString() }) });
  expect((await left.request(systemPing, {})).clock).toMatch(/^20/);
});
