import * as z from 'zod';
import { EventCursor, FleetEvent, HostEvent } from '../entities/event.ts';
import { HostRef } from '../entities/host.ts';
import { ServerRef } from '../entities/server.ts';
import { operation } from '../operation.ts';

/** What happened to servers and hosts, oldest first: the newest there are, then what comes. */
export const eventList = operation({
  subject: 'event.list',
  summary: 'Show what happened to servers and hosts, and follow it',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    server: ServerRef.optional().describe('only what is about this server'),
    host: HostRef.optional().describe('only what happened on this host'),
    since: z.iso.datetime().optional().describe('events from this time on'),
    limit: z.int().min(0).max(1000).default(100).describe('at most this many, the newest'),
    follow: z.boolean().default(false).describe('go on with what comes'),
    after: z.int().min(0).optional().describe('only events with a higher id, to go on after the last one seen'),
  }),
  /** `last`: where to go on after these, once they are seen. */
  progress: z.object({ events: z.array(FleetEvent).max(1000), last: z.int().min(0) }),
  /** The events, where they are not followed. */
  reply: z.object({ events: z.array(FleetEvent).max(1000) }),
  timeoutMs: 0,
});

/** The events of a host, from where the manager has them; the manager is the only asker. */
export const agentEvents = operation({
  subject: 'agent.events',
  summary: 'Stream the events of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ after: EventCursor.optional() }),
  progress: z.object({
    stream: z.string().max(64),
    events: z.array(HostEvent).max(500),
    /** How many events before these the host had to drop, where the manager has not had them. */
    lost: z.int().min(1).optional(),
  }),
  reply: z.object({}),
  timeoutMs: 0,
});
