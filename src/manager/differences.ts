import type { Difference } from '../protocol/entities/difference.ts';
import type { ObservedContainer, ObservedServer } from '../protocol/entities/server.ts';
import type { ServerRecord } from './store/servers.ts';

/** What a server should be, as far as it is compared. */
export type Wanted = Pick<ServerRecord, 'revision' | 'power' | 'image' | 'game' | 'deletedAt'>;

/**
 * Says in what a server is not what it should be. `isCurrent` is false while its host is away: then only what was not
 * told to it yet is known. What the host is at this moment changing is no difference.
 */
export function differencesOf(wanted: Wanted, observed: ObservedServer | undefined, isCurrent: boolean): Difference[] {
  const pending = revision(wanted, observed);
  if (!isCurrent) return [{ what: 'host', wanted: 'online', found: 'offline' }, ...pending];
  if (!observed) return pending;
  if (observed.blind !== undefined) {
    return [{ what: 'host', wanted: 'an engine that answers', found: observed.blind }, ...pending];
  }
  if (observed.lock !== undefined) return pending;
  return [...pending, ...rivals(observed), ...container(wanted, observed.container)];
}

function revision({ revision: newest }: Wanted, observed: ObservedServer | undefined): Difference[] {
  const told = observed?.revision ?? 0;
  if (newest <= told) return [];
  const found = told === 0 ? 'none: the host has not been told of it' : `${told}: the host has not been told of more`;
  return [{ what: 'revision', wanted: String(newest), found }];
}

function rivals({ conflict }: ObservedServer): Difference[] {
  return conflict ? [{ what: 'containers', wanted: 'one', found: `${conflict.length}: ${conflict.join(', ')}` }] : [];
}

function container(wanted: Wanted, found: ObservedContainer | undefined): Difference[] {
  if (wanted.deletedAt !== undefined) {
    return found ? [{ what: 'container', wanted: 'none: the server is deleted', found: found.name }] : [];
  }
  if (!found) return [{ what: 'container', wanted: 'one', found: 'none' }];
  return [...power(wanted, found), ...image(wanted, found), ...ports(wanted, found)];
}

function power({ power: word }: Wanted, { status }: ObservedContainer): Difference[] {
  const isRight = word === 'on' ? status === 'running' : status !== 'running' && status !== 'paused';
  return isRight ? [] : [{ what: 'power', wanted: word, found: status }];
}

function image({ image: { reference } }: Wanted, { image: found }: ObservedContainer): Difference[] {
  return found === reference ? [] : [{ what: 'image', wanted: reference, found }];
}

/** The game's own ports: RCON is reached without one of the host. */
function ports({ game }: Wanted, found: ObservedContainer): Difference[] {
  if (found.ports === undefined) return [];
  const open = new Set(found.ports.map(textOf));
  if (game.ports.every((port) => open.has(textOf(port)))) return [];
  const list = (some: Iterable<string>): string => [...some].sort().join(' ');
  return [{ what: 'ports', wanted: list(game.ports.map(textOf)), found: list(open) }];
}

function textOf({ port, protocol }: { readonly port: number; readonly protocol: string }): string {
  return `${port}/${protocol}`;
}
