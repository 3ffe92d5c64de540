import type { HostEvent } from '../../protocol/entities/event.ts';
import { type EventJournal, mostRead, type NewEvent } from '../events/journal.ts';
import { deedKinds } from './deeds.ts';

/** Events that were told before the agent was killed, of lines that it reads again. */
export interface ToldBefore {
  /** In the order in which they were told. */
  readonly events: readonly HostEvent[];
  /** Says whether this event was told already; each of them answers for one. */
  takes(event: NewEvent): boolean;
}

/** Looks up what was told of a server after a place in the journal. */
export function toldAfter(
  journal: Pick<EventJournal, 'stream' | 'read'>,
  serverId: string,
  place: { readonly stream: string; readonly seq: number },
): ToldBefore {
  const events: HostEvent[] = [];
  if (place.stream === journal.stream) {
    for (let seq = place.seq; ; ) {
      const { events: some } = journal.read(seq);
      events.push(...some.filter((event) => event.serverId === serverId && isOfFiles(event)));
      seq = some.at(-1)?.seq ?? seq;
      if (some.length < mostRead) break;
    }
  }
  const left = new Map<string, number>();
  for (const event of events) left.set(keyOf(event), (left.get(keyOf(event)) ?? 0) + 1);
  return {
    events,
    takes(event) {
      const key = keyOf(event);
      const count = left.get(key) ?? 0;
      if (count === 1) left.delete(key);
      else if (count > 1) left.set(key, count - 1);
      return count > 0;
    },
  };
}

function isOfFiles({ kind, player }: HostEvent): boolean {
  return player !== undefined || deedKinds.includes(kind);
}

function keyOf({ kind, at, text, player }: Pick<NewEvent, 'kind' | 'at' | 'text' | 'player'> | HostEvent): string {
  if (deedKinds.includes(kind)) return JSON.stringify([kind, at, text]);
  return JSON.stringify([kind, at, player?.name, player?.chat?.channel, player?.chat?.text]);
}
