import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { FleetNews, FleetServer } from '../../protocol/entities/fleet.ts';
import type { HostSummary } from '../../protocol/entities/host.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { type Holder, localIdentity, mayDo } from '../people/identity.ts';
import { changesSoFar } from '../store/changes.ts';
import type { Db } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';
import { listServers } from '../store/servers.ts';
import type { Fleet } from './fleet.ts';

/** The fleet as it is now, worked out once for all who watch it. */
export interface FleetBoard {
  /** Begins to watch for someone; ends with the signal. */
  open(holder: Holder, signal: AbortSignal): FleetView;
}

/** What one viewer may see of the board, and what of that they have not been told yet. */
export interface FleetView {
  /** Waits for the next pieces of news. None are left once the signal has aborted. */
  next(): Promise<readonly FleetNews[]>;
}

/** What {@link createFleetBoard} is made of. */
export interface FleetBoardDeps {
  readonly db: Db;
  readonly fleet: Pick<Fleet, 'server' | 'host'>;
  readonly mirror: Pick<Mirror, 'find' | 'onChange'>;
  readonly hub: Pick<Hub, 'onPresence'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Changes that come together are told together. */
const gatherMs = 150;
/** What is written to the store rings no bell: it is looked for this often while someone watches. */
const lookMs = 500;
/** Rows in one piece of news, which must fit into a frame. */
const mostRows = 250;

interface Row<Shown> {
  readonly shown: Shown;
  /** What is compared: all but what changes with the time alone. */
  readonly text: string;
  readonly version: number;
}

/** Makes the board. Nothing is read while nobody watches. */
export function createFleetBoard({ db, fleet, mirror, hub, clock, log }: FleetBoardDeps): FleetBoard {
  const servers = new Map<string, Row<FleetServer>>();
  const hosts = new Map<string, Row<HostSummary>>();
  const viewers = new Set<() => void>();
  let version = 0;
  let seenChanges = -1;
  let isWorking = false;
  let isRung = false;
  let stop: (() => void) | undefined;

  const place = <Shown extends { readonly id: string }>(
    rows: Map<string, Row<Shown>>,
    shown: readonly Shown[],
    text: (row: Shown) => string,
  ): void => {
    const left = new Set(rows.keys());
    for (const row of shown) {
      left.delete(row.id);
      const now = text(row);
      const before = rows.get(row.id);
      rows.set(row.id, { shown: row, text: now, version: before?.text === now ? before.version : version });
    }
    for (const id of left) rows.delete(id);
  };

  const readAll = async (): Promise<void> => {
    seenChanges = await changesSoFar(db);
    const records = await listServers(db, localIdentity, { deleted: false });
    const hostRecords = await listHosts(db, localIdentity);
    version += 1;
    const shown = records.map((record): FleetServer => {
      const observed = mirror.find(record.id)?.observed;
      const summary = fleet.server(record);
      const players = summary.state === 'ready' ? observed?.players : undefined;
      return {
        ...summary,
        hostId: record.hostId,
        power: record.power,
        ...(summary.state === 'ready' && observed?.readyAt !== undefined ? { readyAt: observed.readyAt } : {}),
        ...(players === undefined ? {} : { playersOnline: players.count }),
        ...(observed?.activity === undefined ? {} : { doing: observed.activity.subject }),
      };
    });
    place(servers, shown, timeless);
    place(
      hosts,
      hostRecords.map((host) => fleet.host(host, 0)),
      timelessHost,
    );
  };

  const look = async (): Promise<void> => {
    if (isWorking) {
      isRung = true;
      return;
    }
    isWorking = true;
    isRung = false;
    try {
      await readAll();
      for (const wake of [...viewers]) wake();
    } catch (error) {
      log.error(
        { error: error instanceof Error ? error : undefined },
        'the fleet could not be read for who watches it',
      );
    } finally {
      isWorking = false;
    }
    if (isRung && stop) ring();
  };

  let takeBack: (() => void) | undefined;
  const ring = (): void => {
    takeBack ??= clock.after(gatherMs, () => {
      takeBack = undefined;
      void look();
    });
  };
  const lookForWrites = async (): Promise<void> => {
    try {
      if ((await changesSoFar(db)) !== seenChanges) ring();
    } catch {
      // Whatever is wrong with the store, the next look says it.
      ring();
    }
  };
  const begin = (): void => {
    const endings = [
      mirror.onChange(ring),
      hub.onPresence(ring),
      clock.every(lookMs, () => void lookForWrites()),
      () => {
        takeBack?.();
        takeBack = undefined;
      },
    ];
    stop = () => {
      for (const end of endings) end();
    };
  };

  return {
    open(holder, signal) {
      const view = createView(holder, { servers, hosts, version: () => version });
      let wake: () => void = () => undefined;
      const onNews = (): void => wake();
      viewers.add(onNews);
      if (!stop) begin();
      signal.addEventListener('abort', () => {
        viewers.delete(onNews);
        wake();
        if (viewers.size > 0) return;
        stop?.();
        stop = undefined;
      });
      void look();
      return {
        async next() {
          while (!signal.aborted) {
            const news = view.take();
            if (news.length > 0) return news;
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          return [];
        },
      };
    },
  };
}

interface Rows {
  readonly servers: ReadonlyMap<string, Row<FleetServer>>;
  readonly hosts: ReadonlyMap<string, Row<HostSummary>>;
  readonly version: () => number;
}

/** What one viewer has been told. */
function createView(holder: Holder, { servers, hosts, version }: Rows): { take(): FleetNews[] } {
  const told = { servers: new Map<string, number>(), hosts: new Map<string, string>() };
  let toldVersion = 0;
  return {
    take() {
      if (version() === 0 || version() === toldVersion) return [];
      const isFirst = toldVersion === 0;
      toldVersion = version();
      const mine = [...servers.values()].filter(({ shown: { id, hostId } }) =>
        mayDo(holder, 'server:read', { kind: 'server', hostId, serverId: id }),
      );
      const counts = Map.groupBy(mine, ({ shown }) => shown.hostId);
      const myHosts = [...hosts.values()]
        .filter(({ shown: { id } }) => counts.has(id) || mayDo(holder, 'host:read', { kind: 'host', hostId: id }))
        .map(({ shown, version: changedAt }) => {
          const count = counts.get(shown.id)?.length ?? 0;
          return { shown: { ...shown, servers: count }, mark: `${changedAt} ${count}` };
        });
      const newServers = mine.filter((row) => told.servers.get(row.shown.id) !== row.version);
      const newHosts = myHosts.filter(({ shown, mark }) => told.hosts.get(shown.id) !== mark);
      const goneServers = missing(told.servers, mine);
      const goneHosts = missing(told.hosts, myHosts);
      for (const id of goneServers) told.servers.delete(id);
      for (const id of goneHosts) told.hosts.delete(id);
      for (const row of newServers) told.servers.set(row.shown.id, row.version);
      for (const { shown, mark } of newHosts) told.hosts.set(shown.id, mark);
      const isNews = isFirst || newServers.length + newHosts.length + goneServers.length + goneHosts.length > 0;
      if (!isNews) return [];
      return inPieces({
        isFirst,
        servers: newServers.map(({ shown }) => shown),
        hosts: newHosts.map(({ shown }) => shown),
        goneServers,
        goneHosts,
      });
    },
  };
}

function missing(
  told: ReadonlyMap<string, unknown>,
  rows: readonly { readonly shown: { readonly id: string } }[],
): string[] {
  const there = new Set(rows.map(({ shown }) => shown.id));
  return [...told.keys()].filter((id) => !there.has(id));
}

function inPieces(news: Omit<FleetNews, 'isWhole'>): FleetNews[] {
  const count = Math.max(1, Math.ceil(news.servers.length / mostRows), Math.ceil(news.hosts.length / mostRows));
  return Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    return {
      isFirst: news.isFirst && index === 0,
      isWhole: isLast,
      servers: news.servers.slice(index * mostRows, (index + 1) * mostRows),
      hosts: news.hosts.slice(index * mostRows, (index + 1) * mostRows),
      goneServers: index === 0 ? news.goneServers : [],
      goneHosts: index === 0 ? news.goneHosts : [],
    };
  });
}

/** A viewer counts the seconds itself; when it became ready is in the row too. */
function timeless({ readySeconds, staleSeconds, ...rest }: FleetServer): string {
  return JSON.stringify([rest, readySeconds === undefined, staleSeconds === undefined]);
}

function timelessHost({ latencyMs, lastSeenAt, facts, ...rest }: HostSummary): string {
  return JSON.stringify([rest, { ...facts, clock: undefined }]);
}
