import { useEffect, useState } from 'react';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { PlayerSession, ServerPlayer } from '../../protocol/entities/player.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { playerHistory, playerList } from '../../protocol/operations/player.ts';
import { useTui, useTuiState } from '../context.ts';
import { isOfPlayer } from './player-columns.ts';

/** Who plays, as it was last heard. */
export interface PlayersSeen {
  readonly players: readonly ServerPlayer[];
  /** Servers of which it is not known who is online. */
  readonly unknown: readonly string[];
  /** False before the first answer. */
  readonly isKnown: boolean;
  readonly problem?: string | undefined;
}

/** Milliseconds after which it is asked anew, though nothing was heard of a change. */
const freshMs = 15_000;

/** Who is online on a server, or everywhere: asked anew when a player comes or goes, and when the manager is back. */
export function usePlayers(server: string | undefined, all: boolean): PlayersSeen {
  const { client, clock } = useTui();
  const { events, servers, link } = useTuiState();
  const [seen, setSeen] = useState<PlayersSeen>({ players: [], unknown: [], isKnown: false });
  const [round, setRound] = useState(0);
  useEffect(() => clock.every(freshMs, () => setRound((count) => count + 1)), [clock]);
  const last = events.findLast((event) => isOfPlayer(event) && (server === undefined || event.serverId === server))?.id;
  const counts = [...servers.values()]
    .filter(({ id }) => server === undefined || id === server)
    .map(({ playersOnline, state }) => `${state}${playersOnline ?? ''}`)
    .join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the last four say that there may be something new
  useEffect(() => {
    const ending = new AbortController();
    client?.call(playerList, { ...(server === undefined ? {} : { server }), all }, ending.signal).then(
      ({ players, unknown }) => {
        if (!ending.signal.aborted) setSeen({ players, unknown, isKnown: true });
      },
      (error: unknown) => {
        if (!ending.signal.aborted) setSeen((before) => ({ ...before, problem: messageOf(error) }));
      },
    );
    return () => ending.abort();
  }, [client, server, all, round, last, counts, link.state]);
  return seen;
}

/** What players did, oldest first: what the manager has kept, and what comes. */
export interface PlayersDid {
  readonly sessions: readonly PlayerSession[];
  readonly events: readonly FleetEvent[];
}

/** What players of a server, or one of them, did. */
export function usePlayerHistory(server: string | undefined, player: string | undefined): PlayersDid {
  const { client } = useTui();
  const { events, link } = useTuiState();
  const [kept, setKept] = useState<PlayersDid>({ sessions: [], events: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the manager that is back may know more
  useEffect(() => {
    const ending = new AbortController();
    const wish = {
      ...(server === undefined ? {} : { server }),
      ...(player === undefined ? {} : { player }),
      limit: 100,
    };
    client?.call(playerHistory, wish, ending.signal).then(
      (answer) => {
        if (!ending.signal.aborted) {
          setKept({ sessions: answer.sessions.toReversed(), events: answer.events.toReversed() });
        }
      },
      // The list beside it says what is wrong with the manager.
      () => undefined,
    );
    return () => ending.abort();
  }, [client, server, player, link.state]);
  const lastKept = kept.events.at(-1)?.id ?? 0;
  const fresh = events.filter(
    (event) =>
      event.id > lastKept &&
      isOfPlayer(event) &&
      (server === undefined || event.serverId === server) &&
      (player === undefined || event.player?.name === player),
  );
  return { sessions: kept.sessions, events: [...kept.events, ...fresh] };
}

function messageOf(error: unknown): string {
  return error instanceof ZedopsError || error instanceof Error ? error.message : String(error);
}
