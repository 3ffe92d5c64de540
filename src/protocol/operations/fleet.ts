import * as z from 'zod';
import { FleetNews } from '../entities/fleet.ts';
import { operation } from '../operation.ts';

/** The fleet as it is, then each change of it as it happens: what a screen shows. */
export const fleetWatch = operation({
  subject: 'fleet.watch',
  summary: 'Watch servers and hosts change',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({}),
  progress: FleetNews,
  reply: z.object({}),
  timeoutMs: 0,
});
