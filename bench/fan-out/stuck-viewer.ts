import { once } from 'node:events';
import WebSocket from 'ws';
import { readProfiles } from '../../src/client/connect/profiles.ts';
import { resolvePaths } from '../../src/platform/files/paths.ts';
import { managerServerName } from '../../src/platform/network/pinned-https.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import { serverLogs } from '../../src/protocol/operations/server.ts';
import type { Fleet } from '../../test/support/fleet.ts';

/** Asks for a server's log, takes one frame of it and never reads again. @returns how to hang up. */
export async function connectStuckViewer(fleet: Fleet, server: string): Promise<() => void> {
  const paths = resolvePaths({ env: fleet.far.env, uid: process.getuid?.() ?? 0 });
  const [profile] = (await readProfiles(paths)).profiles;
  if (!profile) throw new Error('nobody is signed in');
  const options = {
    ca: profile.authority,
    servername: managerServerName,
    headers: { authorization: `Bearer ${profile.token}` },
    perMessageDeflate: false,
  } as const;
  const socket = new WebSocket(`${fleet.url.replace('https:', 'wss:')}/client`, options);
  await once(socket, 'open');
  const heard = once(socket, 'message');
  const data = { server, follow: true, tail: 10 };
  socket.send(encodeFrame({ subject: serverLogs.subject, reply: '_INBOX.1', id: 'stuck-viewer', data }));
  await heard;
  socket.pause();
  return () => socket.terminate();
}
