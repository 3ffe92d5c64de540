import type { Clock } from '../../platform/clock.ts';
import type { FleetMetrics, HostReading, MetricsNews } from '../../protocol/entities/metrics.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { type Holder, mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';
import { listServers } from '../store/servers.ts';
import type { MetricsSource } from './metrics-source.ts';

/** What hosts and servers take, for whoever may see it. */
export interface MetricsBoard {
  /** Begins to watch for someone; ends with the signal. */
  open(holder: Holder, signal: AbortSignal): MetricsView;
  /** Everything someone may see, asked for now. */
  now(holder: Holder, signal: AbortSignal): Promise<FleetMetrics>;
  close(): void;
}

/** What one viewer has not been told yet. */
export interface MetricsView {
  /** Waits for the next pieces of news. None are left once the signal has aborted. */
  next(): Promise<readonly MetricsNews[]>;
}

/** What {@link createMetricsBoard} is made of. */
export interface MetricsBoardDeps {
  readonly db: Db;
  readonly source: MetricsSource;
  readonly mirror: Pick<Mirror, 'isOwn'>;
  readonly clock: Clock;
}

/** Readings of several hosts that come together are told together. */
const gatherMs = 250;
/** Whoever comes back at once finds the hosts still followed. */
const lingerMs = 10_000;
/** Rows in one piece of news, which must fit into a frame. */
const mostRows = 500;

type HostRow = MetricsNews['hosts'][number];
type ServerRow = MetricsNews['servers'][number];

interface Row<Shown> {
  readonly hostId: string;
  readonly shown: Shown;
  /** What is compared: all but when it was measured. */
  readonly text: string;
}

/** Makes the board. No host is followed while nobody watches. */
export function createMetricsBoard({ db, source, mirror, clock }: MetricsBoardDeps): MetricsBoard {
  const hosts = new Map<string, Row<HostRow>>();
  const servers = new Map<string, Row<ServerRow>>();
  const viewers = new Set<() => void>();
  let stop: (() => void) | undefined;
  let untilIdle: () => void = () => undefined;
  let untilTold: (() => void) | undefined;

  const take = (hostId: string, reading: HostReading | undefined): void => {
    hosts.delete(hostId);
    for (const [id, row] of servers) if (row.hostId === hostId) servers.delete(id);
    if (reading) {
      hosts.set(hostId, rowOf(hostId, { ...reading.host, id: hostId }));
      // A host is believed about its own servers only.
      for (const server of reading.servers) {
        if (mirror.isOwn(server.id, hostId)) servers.set(server.id, rowOf(hostId, server));
      }
    }
    untilTold ??= clock.after(gatherMs, () => {
      untilTold = undefined;
      for (const wake of [...viewers]) wake();
    });
  };
  const end = (): void => {
    untilIdle();
    untilTold?.();
    untilTold = undefined;
    stop?.();
    stop = undefined;
    hosts.clear();
    servers.clear();
  };

  return {
    open(holder, signal) {
      untilIdle();
      stop ??= source.follow(take);
      const tell = createTelling(holder, { hosts, servers });
      let wake: () => void = () => undefined;
      const onNews = (): void => wake();
      viewers.add(onNews);
      signal.addEventListener(
        'abort',
        () => {
          viewers.delete(onNews);
          wake();
          if (viewers.size === 0) untilIdle = clock.after(lingerMs, end);
        },
        { once: true },
      );
      return {
        async next() {
          while (!signal.aborted) {
            const news = tell();
            if (news.length > 0) return news;
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          return [];
        },
      };
    },
    async now(holder, signal) {
      const readings = await source.ask(signal);
      const [hostRecords, records] = await Promise.all([
        listHosts(db, holder),
        listServers(db, holder, { deleted: false }),
      ]);
      return {
        hosts: hostRecords.flatMap(({ id, name }) => {
          const host = readings.get(id)?.host;
          return host && maySee(holder, id) ? [{ ...host, id, name }] : [];
        }),
        servers: records.flatMap(({ id, name, hostId, hostName }) => {
          const found = readings.get(hostId)?.servers.find((server) => server.id === id);
          return found ? [{ ...found, name, host: hostName }] : [];
        }),
      };
    },
    close: end,
  };
}

function rowOf<Shown extends { readonly at: string }>(hostId: string, shown: Shown): Row<Shown> {
  return { hostId, shown, text: JSON.stringify({ ...shown, at: undefined }) };
}

function maySee(holder: Holder, hostId: string): boolean {
  return mayDo(holder, 'host:read', { kind: 'host', hostId });
}

/** Tells one viewer what they do not know yet of what they may see. */
function createTelling(
  holder: Holder,
  rows: {
    readonly hosts: ReadonlyMap<string, Row<HostRow>>;
    readonly servers: ReadonlyMap<string, Row<ServerRow>>;
  },
): () => readonly MetricsNews[] {
  const told = { hosts: new Map<string, string>(), servers: new Map<string, string>() };
  let isFirst = true;
  return () => {
    const hosts = changes(told.hosts, rows.hosts, ({ hostId }) => maySee(holder, hostId));
    const servers = changes(told.servers, rows.servers, ({ hostId, shown: { id: serverId } }) =>
      mayDo(holder, 'server:read', { kind: 'server', hostId, serverId }),
    );
    const changed = hosts.news.length + servers.news.length + hosts.gone.length + servers.gone.length;
    if (!isFirst && changed === 0) return [];
    const count = Math.max(1, Math.ceil(Math.max(hosts.news.length, servers.news.length) / mostRows));
    const pieces = Array.from({ length: count }, (_, index): MetricsNews => {
      const [from, to] = [index * mostRows, (index + 1) * mostRows];
      return {
        isFirst: isFirst && index === 0,
        hosts: hosts.news.slice(from, to),
        servers: servers.news.slice(from, to),
        goneHosts: index === 0 ? hosts.gone : [],
        goneServers: index === 0 ? servers.gone : [],
      };
    });
    isFirst = false;
    return pieces;
  };
}

/** What has changed of the rows someone may see, and which went; writes down that it was told. */
function changes<Shown>(
  told: Map<string, string>,
  rows: ReadonlyMap<string, Row<Shown>>,
  mayBeSeen: (row: Row<Shown>) => boolean,
): { readonly news: Shown[]; readonly gone: string[] } {
  const seen = [...rows].filter(([, row]) => mayBeSeen(row));
  const there = new Set(seen.map(([id]) => id));
  const news = seen.filter(([id, { text }]) => told.get(id) !== text);
  const gone = [...told.keys()].filter((id) => !there.has(id));
  for (const id of gone) told.delete(id);
  for (const [id, { text }] of news) told.set(id, text);
  return { news: news.map(([, { shown }]) => shown), gone };
}
