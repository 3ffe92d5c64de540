import * as z from 'zod';
import type { Fleet } from '../../test/support/fleet.ts';
import { must } from '../simulated-server.ts';

const Invitation = z.object({ code: z.string() });

/** Invites a host as its owner would. @returns the join code. */
export async function inviteHost(fleet: Fleet, name: string): Promise<string> {
  return Invitation.parse(JSON.parse(await must(fleet, ['host', 'invite', name, '--json']))).code;
}
