import type { Clock } from '../../platform/clock.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { systemPing } from '../../protocol/operations/system.ts';
import type { HostLink } from '../hosts/hub.ts';

/** A host's clock may be this far from the manager's, in milliseconds. */
const tolerableMs = 2_000;

/** Compares the clocks of hosts with the manager's: times of events, logs and certificates rest on them. */
export async function examineClocks(
  hosts: readonly Pick<HostLink, 'hostName' | 'request'>[],
  clock: Clock,
): Promise<Finding[]> {
  const found = await Promise.all(hosts.map((host) => examineClock(host, clock)));
  return found.flat();
}

async function examineClock(
  { hostName, request }: Pick<HostLink, 'hostName' | 'request'>,
  clock: Clock,
): Promise<Finding[]> {
  const check = `clock of ${hostName}`;
  const asked = clock.now();
  let theirs: number;
  try {
    theirs = Date.parse((await request(systemPing, {})).clock);
  } catch (error) {
    // A host that went away meanwhile is told of elsewhere.
    if (error instanceof ZedopsError) return [];
    throw error;
  }
  const answered = clock.now();
  const aheadMs = theirs - (asked + answered) / 2;
  // The answer was written somewhere in the round trip.
  if (Math.abs(aheadMs) <= tolerableMs + (answered - asked) / 2) {
    return [{ check, level: 'ok', message: `agrees with the manager’s within ${tolerableMs / 1000} s` }];
  }
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const message = `is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the manager’s`;
  return [{ check, level: 'warn', message, fix: `timedatectl set-ntp true on ${hostName} and on the manager` }];
}
