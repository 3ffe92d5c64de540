import type { ServerEvidence } from '../../protocol/entities/server.ts';
import { moment } from './format.ts';

const rconWays = {
  address: 'by its address',
  'published-port': 'by a port on the loopback address of its host',
  exec: 'through a program in the container',
} as const;

const rconStates = { connected: 'connected', refused: 'password refused', unreachable: 'not reached' } as const;

/** `reached through a program in the container, connected since 2026-01-02 03:04:05`; undefined before anyone tried. */
export function rconText({ rconWay, rconLink }: ServerEvidence): string | undefined {
  const way = rconWay && `reached ${rconWays[rconWay]}`;
  const state = rconLink && `${rconStates[rconLink.state]} since ${moment(rconLink.since)}`;
  const parts = [way, state].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}
