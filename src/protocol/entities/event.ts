import * as z from 'zod';
import { EventPlayer } from './player.ts';

/**
 * What kind of thing happened, as a word: a newer agent may know more of them than these.
 * `original-removed`, `original-kept`: what became of the world that a move left behind, after its 24 h.
 * `player-refused`: the game did not let someone in. `option-changed`: somebody did so in the game itself.
 * `out-of-memory`: the kernel ended a process of a container that goes on. `events-lost`: a host had to drop some.
 */
export const eventKinds = [
  'started',
  'ready',
  'stopped',
  'crashed',
  'restart-planned',
  'restart-failed',
  'gave-up',
  'tries-again',
  'container-removed',
  'container-renamed',
  'container-replaced',
  'paused',
  'resumed',
  'out-of-memory',
  'job-begun',
  'job-ended',
  'job-resumed',
  'job-undone',
  'original-removed',
  'original-kept',
  'player-joined',
  'player-left',
  'player-died',
  'player-said',
  'player-kicked',
  'player-banned',
  'player-refused',
  'option-changed',
  'host-online',
  'host-offline',
  'events-lost',
] as const;

/** One of {@link eventKinds}. */
export type KnownEventKind = (typeof eventKinds)[number];

const about = {
  /** When it happened, by the clock of the host, or of the manager where that noticed it. */
  at: z.iso.datetime(),
  kind: z.string().regex(/^[a-z][a-z-]{0,31}$/),
  /** One sentence without a full stop. */
  text: z.string().max(1024),
  serverId: z.string().max(64).optional(),
  /** Who made it happen, by name, where someone did. */
  actor: z.string().max(256).optional(),
  jobId: z.string().max(64).optional(),
  crashId: z.string().max(64).optional(),
  /** Whom it is about, for what players do. */
  player: EventPlayer.optional(),
};

/** Something that happened on a host, numbered without holes by its agent. */
export const HostEvent = z.object({ seq: z.int().min(1), ...about });
export type HostEvent = z.infer<typeof HostEvent>;

/** The last event of a host that a reader has. `stream` names the numbering; numbers of another one do not compare. */
export const EventCursor = z.object({ stream: z.string().max(64), seq: z.int().min(0) });
export type EventCursor = z.infer<typeof EventCursor>;

/** Something that happened in the fleet. */
export const FleetEvent = z.object({
  /** Grows with each event the manager hears of, so that a reader can go on after the last one it has. */
  id: z.int().min(1),
  ...about,
  hostId: z.string(),
  host: z.string(),
  /** The server's name now; absent for what is about the host, and where the server is gone for good. */
  server: z.string().optional(),
});
export type FleetEvent = z.infer<typeof FleetEvent>;
