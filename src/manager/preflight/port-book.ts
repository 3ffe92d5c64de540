import type { HostPort, PortSet, TakenPort } from '../../protocol/entities/port.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostPorts } from '../../protocol/operations/port.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Db } from '../store/database.ts';
import type { HostRecord } from '../store/hosts.ts';
import { serversOnHost } from '../store/servers.ts';
import { conflictsAmong, freeSets, type PortSearch, plannedPorts, portsTaken, usualRange } from './port-conflicts.ts';

/** Ports someone wants on a host. */
export interface PortQuestion {
  readonly host: Pick<HostRecord, 'id' | 'name' | 'facts'>;
  readonly ports: readonly HostPort[];
  /** The server they are for, which does not stand in its own way. */
  readonly exceptServerId?: string | undefined;
  /** A container they are taken over from, by name. */
  readonly exceptContainer?: string | undefined;
}

/** Who has ports, as far as could be found out. */
export interface PortAnswer {
  readonly taken: readonly TakenPort[];
  /** Why the host itself was not asked: only the fleet's plan was looked at. */
  readonly unchecked?: string;
}

/** Who has which port of which host: by the fleet's plan, and by the word of the host where it is online. */
export interface PortBook {
  /** Those of the ports that someone else has. */
  check(question: PortQuestion): Promise<PortAnswer>;
  /** @throws ZedopsError CONFLICT that names who has a port, with free ones in its hint. */
  refuse(question: PortQuestion & { readonly name: string }): Promise<void>;
  /** Everything that is taken on a host. */
  all(host: PortQuestion['host']): Promise<PortAnswer>;
  /** Free ports for new servers; fewer sets than asked for where the range has no more. */
  suggest(
    host: PortQuestion['host'],
    search: Omit<PortSearch, 'withRcon'>,
  ): Promise<{ readonly sets: readonly PortSet[] } & Pick<PortAnswer, 'unchecked'>>;
}

/** What {@link createPortBook} is made of. */
export interface PortBookDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
}

/** Makes the book of ports. It writes nothing down: the plan is the servers themselves. */
export function createPortBook({ db, hub }: PortBookDeps): PortBook {
  const ask = async (host: PortQuestion['host'], ports: readonly HostPort[] | undefined): Promise<PortAnswer> => {
    const link = hub.find(host.id);
    const onlyPlan = 'only the fleet’s plan was checked';
    if (!link) return { taken: [], unchecked: `${host.name} is offline: ${onlyPlan}` };
    if (!link.knows(hostPorts.subject)) {
      return { taken: [], unchecked: `the agent of ${host.name} is too old to be asked: ${onlyPlan}` };
    }
    try {
      return await link.request(hostPorts, ports === undefined ? {} : { ports: [...ports] });
    } catch (error) {
      if (!(error instanceof ZedopsError) || (error.code !== 'UNREACHABLE' && error.code !== 'TIMEOUT')) throw error;
      return { taken: [], unchecked: `${host.name} could not look (${error.message}): ${onlyPlan}` };
    }
  };

  const look = async (host: PortQuestion['host'], ports?: readonly HostPort[]): Promise<PortAnswer> => {
    const planned = plannedPorts(await serversOnHost(db, host.id), host);
    const { taken, unchecked } = await ask(host, ports);
    // The plan comes first: it knows what a port is for.
    return { taken: [...planned, ...taken], ...(unchecked === undefined ? {} : { unchecked }) };
  };

  const suggest: PortBook['suggest'] = async (host, search) => {
    const { taken, unchecked } = await look(host);
    const sets = freeSets(taken, { ...search, withRcon: host.facts?.runtime.kind === 'process' });
    return { sets, ...(unchecked === undefined ? {} : { unchecked }) };
  };

  const check: PortBook['check'] = async ({ host, ports, exceptServerId, exceptContainer }) => {
    const { taken, ...rest } = await look(host, ports);
    const others = taken.filter(({ holder: { kind, name } }) => kind !== 'container' || name !== exceptContainer);
    return { taken: conflictsAmong(ports, others, exceptServerId), ...rest };
  };

  return {
    check,
    suggest,
    all: (host) => look(host),
    async refuse({ name, ...question }) {
      const { taken } = await check(question);
      if (taken.length === 0) return;
      const { sets } = await suggest(question.host, { ...usualRange, count: 1 });
      throw portsTaken(name, question.host.name, taken, sets);
    },
  };
}
