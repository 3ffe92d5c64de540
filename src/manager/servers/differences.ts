import type { Difference } from '../../protocol/entities/difference.ts';
import type { ObservedContainer, ObservedServer } from '../../protocol/entities/server.ts';
import type { ServerRecord } from '../store/servers.ts';

/** What a server should be, as far as it is compared. */
export type Wanted = Pick<ServerRecord, 'name' | 'hostName' | 'revision' | 'power' | 'image' | 'game' | 'deletedAt'>;

/**
 * Says in what a server is not what it should be. `isCurrent` is false while its host is away: then only what was not
 * told to it yet is known. What the host is at this moment changing is no difference.
 */
export function differencesOf(wanted: Wanted, observed: ObservedServer | undefined, isCurrent: boolean): Difference[] {
  const pending = revision(wanted, observed);
  if (!isCurrent) {
    const fix = `start zedops agent on ${wanted.hostName}`;
    return [{ what: 'host', wanted: 'online', found: 'offline', fix }, ...pending];
  }
  if (!observed) return pending;
  if (observed.blind !== undefined) {
    const fix = `zedops doctor ${wanted.hostName}`;
    return [{ what: 'host', wanted: 'an engine that answers', found: observed.blind, fix }, ...pending];
  }
  if (observed.lock !== undefined) return pending;
  return [...pending, ...rivals(wanted, observed), ...container(wanted, observed.container)];
}

function revision({ name, revision: newest }: Wanted, observed: ObservedServer | undefined): Difference[] {
  const told = observed?.revision ?? 0;
  if (newest <= told) return [];
  const found = told === 0 ? 'none: the host has not been told of it' : `${told}: the host has not been told of more`;
  return [{ what: 'revision', wanted: String(newest), found, fix: `zedops sync ${name}` }];
}

function rivals({ name }: Wanted, { conflict }: ObservedServer): Difference[] {
  if (!conflict) return [];
  const fix = `docker rm the one that is not ${name}, then: zedops sync ${name}`;
  return [{ what: 'containers', wanted: 'one', found: `${conflict.length}: ${conflict.join(', ')}`, fix }];
}

function container(wanted: Wanted, found: ObservedContainer | undefined): Difference[] {
  if (wanted.deletedAt !== undefined) {
    if (!found) return [];
    const fix = `zedops server restore ${wanted.name}, then: zedops server delete ${wanted.name}`;
    return [{ what: 'container', wanted: 'none: the server is deleted', found: found.name, fix }];
  }
  if (!found) return [{ what: 'container', wanted: 'one', found: 'none', fix: `zedops server start ${wanted.name}` }];
  return [...power(wanted, found), ...image(wanted, found), ...ports(wanted, found)];
}

function power({ name, hostName, power: word }: Wanted, { name: container, status }: ObservedContainer): Difference[] {
  const isRight = word === 'on' ? status === 'running' : status !== 'running' && status !== 'paused';
  if (isRight) return [];
  // A game that is paused cannot be asked for a save, so that it is woken before anything else.
  const wake = status === 'paused' ? `docker unpause ${container} on ${hostName}` : undefined;
  const act =
    word === 'on' && wake !== undefined ? undefined : `zedops server ${word === 'on' ? 'start' : 'stop'} ${name}`;
  const fix = [wake, act].filter((step) => step !== undefined).join(', then: ');
  return [{ what: 'power', wanted: word, found: status, fix }];
}

function image({ name, image: { reference } }: Wanted, { image: found }: ObservedContainer): Difference[] {
  if (found === reference) return [];
  return [{ what: 'image', wanted: reference, found, fix: `zedops server rebuild ${name}` }];
}

/** The game's own ports: RCON is reached without one of the host. */
function ports({ name, game }: Wanted, found: ObservedContainer): Difference[] {
  if (found.ports === undefined) return [];
  const open = new Set(found.ports.map(textOf));
  if (game.ports.every((port) => open.has(textOf(port)))) return [];
  const list = (some: Iterable<string>): string => [...some].sort().join(' ');
  const fix = `zedops server rebuild ${name}`;
  return [{ what: 'ports', wanted: list(game.ports.map(textOf)), found: list(open), fix }];
}

function textOf({ port, protocol }: { readonly port: number; readonly protocol: string }): string {
  return `${port}/${protocol}`;
}
