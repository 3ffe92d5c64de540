import type { Clock } from '../../platform/clock.ts';
import { HostName } from '../../protocol/entities/host.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { closeCodes, createWirePair, type Wire } from '../../protocol/wire.ts';
import type { Live } from '../door/live.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { activateLocalHost, findHostByName, type HostRecord } from '../store/hosts.ts';
import type { AgentIdentity } from './enrolment.ts';

/** An agent's end of a wire within this process. */
export interface LocalAgent {
  readonly hostId: string;
  readonly wire: Wire;
}

/** What {@link attachLocalHost} needs. */
export interface LocalHostDeps {
  readonly db: Db;
  readonly live: Live;
  readonly clock: Clock;
  readonly onAgent: (wire: Wire, agent: AgentIdentity) => void;
}

/**
 * Connects an agent of this very process. It needs no certificate: whoever runs both has the manager's folder anyway. The
 * host is put on the list where it is not there yet.
 * @throws ZedopsError FORBIDDEN for a host that was revoked, INVALID_INPUT for what is no name.
 */
export async function attachLocalHost(name: string, deps: LocalHostDeps): Promise<LocalAgent> {
  const { db, live, clock, onAgent } = deps;
  const entering = live.approach();
  try {
    const host = await ensureHost(db, name, clock.now());
    const [managerEnd, wire] = createWirePair();
    const leave = entering.enter({
      keys: [`host:${host.id}`],
      counted: [],
      end: (_, reason) => managerEnd.close(closeCodes.rejected, reason),
    });
    if (!leave) throw revoked(name);
    const listen: Wire['listen'] = (events) =>
      managerEnd.listen({
        ...events,
        closed(reason) {
          leave();
          events.closed(reason);
        },
      });
    onAgent({ ...managerEnd, listen }, { host, serial: 'local', expiresAt: Number.POSITIVE_INFINITY });
    return { hostId: host.id, wire };
  } finally {
    entering.leave();
  }
}

function ensureHost(db: Db, given: string, now: number): Promise<HostRecord> {
  const name = HostName.safeParse(given);
  if (!name.success) throw invalidInput(`The host name "${given.slice(0, 64)}"`, name.error);
  return inTransaction(db, async (tx) => {
    const known = await findHostByName(tx, name.data);
    if (known?.state === 'revoked') throw revoked(name.data);
    if (known?.state === 'active') return known;
    await activateLocalHost(tx, { id: known?.id ?? newId(now), name: name.data, at: now });
    const made = await findHostByName(tx, name.data);
    if (!made) throw new Error('a host was not there after it was made');
    return made;
  });
}

function revoked(name: string): ZedopsError {
  return new ZedopsError('FORBIDDEN', `${name} was revoked`, {
    hint: `to let it in again: zedops host invite ${name}`,
  });
}
