import { isoTime } from '../../platform/clock.ts';
import type { EventPlayer } from '../../protocol/entities/player.ts';
import type { GameLogEvent } from '../../zomboid/game-log/log-events.ts';
import type { NewEvent } from '../events/journal.ts';
import { cleanName, shownText } from './shown-name.ts';

/** Something that administrators, or the game itself, did to players or to the server. */
export type DeedEvent = NewEvent & { readonly at: string };

/** Whose deed it was, and to whom. */
export interface DeedScene {
  readonly server: { readonly id: string; readonly name: string };
  /** Who is online. */
  readonly online: () => readonly { readonly name: string; readonly steamId?: string | undefined }[];
}

/** Kinds of events that {@link deedOf} makes. */
export const deedKinds: readonly string[] = ['player-kicked', 'player-banned', 'player-refused', 'option-changed'];

const longestText = 256;

/** What is to be told of a line written at `atMs` (milliseconds since 1970); undefined for lines of anything else. */
export function deedOf(event: GameLogEvent, atMs: number, { server, online }: DeedScene): DeedEvent | undefined {
  const on = ` on ${server.name}`;
  const told = (kind: NewEvent['kind'], text: string, player?: EventPlayer): DeedEvent => ({
    ...{ kind, serverId: server.id, text, at: isoTime(atMs) },
    ...(player === undefined ? {} : { player }),
  });
  const playerOf = (name: string, steamId?: string): EventPlayer | undefined => {
    const clean = cleanName(name);
    if (clean === undefined) return undefined;
    const known = steamId ?? online().find((one) => one.name === clean)?.steamId;
    return { name: clean, ...(known === undefined ? {} : { steamId: known }) };
  };
  switch (event.kind) {
    case 'kicked':
      return told(
        'player-kicked',
        `${shortText(event.by)} kicked ${shortText(event.player.name)} from ${server.name}`,
        playerOf(event.player.name),
      );
    case 'banned': {
      const name = bannedName(shownText(event.whom), online);
      const text = `${shortText(event.by)} banned ${shortText(event.whom)}${on}`;
      return told('player-banned', text, name === undefined ? undefined : playerOf(name));
    }
    case 'denied': {
      const { name, steamId } = event.player;
      const text = `${shortText(name)} was refused${on}: ${shortText(event.reason)}`;
      return told('player-refused', text, playerOf(name, steamId));
    }
    case 'option-changed': {
      const { by, option, value } = event;
      return told('option-changed', `${shortText(by)} changed ${option} to ${shownValue(option, value)}${on}`);
    }
    default:
      return undefined;
  }
}

/**
 * The game puts nothing but a space between a name and the reason: it is the longest name of those online that stands
 * there, or all of it where there is no space.
 */
function bannedName(whom: string, online: DeedScene['online']): string | undefined {
  const fitting = online().filter(({ name }) => whom === name || whom.startsWith(`${name} `));
  const [longest] = fitting.toSorted((a, b) => b.name.length - a.name.length);
  return longest?.name ?? (whom.includes(' ') ? undefined : whom);
}

/** Some options are secrets, and whoever may read a server may read its events. */
function shownValue(option: string, value: string): string {
  return /password|token|webhook|secret/i.test(option) ? '******' : shortText(value);
}

function shortText(text: string): string {
  return shownText(text).slice(0, longestText);
}
