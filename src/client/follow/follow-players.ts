import { type Clock, isoTime, pause } from '../../platform/clock.ts';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { FleetNews, FleetServer } from '../../protocol/entities/fleet.ts';
import { eventList } from '../../protocol/operations/event.ts';
import { fleetWatch } from '../../protocol/operations/fleet.ts';
import { playerList } from '../../protocol/operations/player.ts';
import { serverList } from '../../protocol/operations/server.ts';
import type { Session } from '../connect/session.ts';
import { followStream } from './follow-stream.ts';
import { createPresence, type PlayersLook, type PresenceChange } from './presence.ts';

/** Whose coming and going is wanted; see the operation `player.list`. */
export interface PlayersWish {
  readonly server?: string | undefined;
  readonly on?: string | undefined;
  readonly all: boolean;
  readonly limit: number;
}

/** What {@link followPlayers} needs. */
export interface FollowPlayersOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Told who is there now and what has changed, also where nothing has. */
  readonly take: (look: PlayersLook, changes: readonly PresenceChange[]) => void;
  /** Told when the connection is lost and when it is there again. */
  readonly onConnection: (state: 'lost' | 'back') => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Events and a server's count are told by different ways: so long one waits for the other. */
const settleMs = 500;

/**
 * Follows who comes and goes, through lost connections: the list is asked for once, and again only where a server's own
 * count, or its state, says something that no event has told. Only the signal or a refusal ends it.
 * @throws ZedopsError what ends it; a first connection that fails is not tried again.
 */
export async function followPlayers(wish: PlayersWish, options: FollowPlayersOptions): Promise<void> {
  const { open, take, onConnection, clock, signal } = options;
  const presence = createPresence(wish.all);
  let last: number | undefined;
  let isKnown = false;

  const follow = async ({ peer }: Session, ended: AbortSignal): Promise<void> => {
    const early: FleetEvent[] = [];
    const doubted = new Map<string, FleetServer>();
    const told = new Map<string, string>();
    let scope: ReadonlySet<string> | undefined;
    let isLooked = false;
    let wake = (): void => undefined;
    const begun = Promise.withResolvers<void>();
    if (last !== undefined) begun.resolve();
    const goOn = (): void => {
      begun.resolve();
      wake();
    };
    ended.addEventListener('abort', goOn, { once: true });

    const happen = (event: FleetEvent): void => {
      if (scope && event.serverId !== undefined && !scope.has(event.serverId)) return;
      const changes = presence.event(event);
      if (changes.length > 0) take(presence.now(), changes);
    };
    const hear = ({ servers }: FleetNews): void => {
      for (const server of servers) {
        if (wish.server !== undefined && wish.server !== server.name && wish.server !== server.id) continue;
        const { id, name, state, playersOnline, tags } = server;
        const text = JSON.stringify([name, state, playersOnline, tags]);
        if (told.has(id) && told.get(id) !== text) doubted.set(id, server);
        told.set(id, text);
      }
      if (doubted.size > 0) wake();
    };
    const look = async (): Promise<void> => {
      if (wish.on !== undefined) {
        const { servers } = await peer.request(serverList, { on: wish.on }, { signal: ended });
        scope = new Set(servers.map(({ id }) => id));
      }
      const answer = await peer.request(playerList, { ...wish }, { signal: ended });
      const changes = presence.look(answer, isoTime(clock.now()));
      take(presence.now(), changes);
      isLooked = true;
      for (const event of early.splice(0)) happen(event);
    };
    /** Says whether the host counts otherwise than what is shown, or whether it is not known any more, or again. */
    const isDoubtful = ({ id, name, playersOnline }: FleetServer): boolean =>
      (scope && !scope.has(id)) ||
      playersOnline === undefined ||
      presence.isUnknown(name) ||
      playersOnline !== presence.count(id);

    const looking = async (): Promise<void> => {
      await begun.promise;
      await look();
      isKnown = true;
      while (!ended.aborted) {
        if (doubted.size === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        await pause(clock, settleMs, ended);
        const isWanted = [...doubted.values()].some(isDoubtful);
        doubted.clear();
        if (isWanted && !ended.aborted) await look();
      }
    };
    const server = wish.server === undefined ? {} : { server: wish.server };
    const after = last === undefined ? {} : { after: last };
    await Promise.all([
      peer.request(
        eventList,
        { ...server, ...after, limit: 0, follow: true },
        {
          signal: ended,
          onProgress(news) {
            last = news.last;
            begun.resolve();
            for (const event of news.events) {
              if (isLooked) happen(event);
              else early.push(event);
            }
          },
        },
      ),
      peer.request(fleetWatch, {}, { signal: ended, onProgress: hear }),
      looking(),
    ]);
  };

  await followStream({
    ...{ open, clock, signal },
    hasBegun: () => isKnown,
    onBack: () => onConnection('back'),
    onLost(_, isFirst) {
      if (isFirst) onConnection('lost');
    },
    async ask(session) {
      // One of its requests that fails ends the others.
      const ending = new AbortController();
      try {
        await follow(session, AbortSignal.any([signal, ending.signal]));
      } finally {
        ending.abort();
      }
    },
  });
}
