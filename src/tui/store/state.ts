import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { FleetNews, FleetServer } from '../../protocol/entities/fleet.ts';
import type { HostSummary } from '../../protocol/entities/host.ts';
import type { HostMetrics, MetricsNews, ServerMetrics } from '../../protocol/entities/metrics.ts';
import type { Actor } from '../../protocol/entities/person.ts';
import type { Grant } from '../../protocol/permissions.ts';

/** A server as it was last told, and when: its ages are counted on from there. Milliseconds since 1970. */
export type SeenServer = FleetServer & { readonly seenAt: number };

/** How things stand with the manager. `refused`: it will not get better by itself. */
export interface Link {
  readonly state: 'connecting' | 'live' | 'lost' | 'refused';
  readonly since: number;
  readonly why?: string | undefined;
  readonly hint?: string | undefined;
}

/** Who looks, and what they may do. */
export interface Me {
  readonly actor: Actor;
  readonly grants: readonly Grant[];
}

/** A sentence about what has just happened, at the foot of the screen. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly text: string;
  readonly hint?: string | undefined;
  readonly at: number;
}

/** Which screen is shown, and of what. Other screens are other words. */
export interface Route {
  readonly screen: string;
  /** Id of the server or host it is about. */
  readonly id?: string;
  readonly tab?: string;
}

/** How the list of servers is looked at. */
export interface ListView {
  /** The row one is at, by id, so that it stays when rows move. */
  readonly selected?: string | undefined;
  readonly filter: string;
  readonly sort: 'name' | 'state' | 'players' | 'host' | 'cpu' | 'memory';
}

/** What hosts and servers take, by their ids; what is not known is not there. */
export interface Metrics {
  readonly hosts: ReadonlyMap<string, HostMetrics>;
  readonly servers: ReadonlyMap<string, ServerMetrics>;
}

/** Everything the screens show. */
export interface TuiState {
  readonly link: Link;
  /** When the manager last said anything; undefined before it has. */
  readonly heardAt: number | undefined;
  readonly me: Me | undefined;
  readonly servers: ReadonlyMap<string, SeenServer>;
  readonly hosts: ReadonlyMap<string, HostSummary>;
  readonly metrics: Metrics;
  /** True once the fleet has been told whole. */
  readonly isWhole: boolean;
  /** Oldest first. */
  readonly events: readonly FleetEvent[];
  readonly notice: Notice | undefined;
  /** Where one is, and where one came from; never empty. */
  readonly routes: readonly Route[];
  readonly list: ListView;
}

/** What changes the state. */
export type Change =
  | { readonly kind: 'fleet'; readonly news: FleetNews; readonly at: number }
  | { readonly kind: 'metrics'; readonly news: MetricsNews }
  | { readonly kind: 'events'; readonly events: readonly FleetEvent[]; readonly at: number }
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'me'; readonly me: Me }
  | { readonly kind: 'notice'; readonly notice: Notice | undefined }
  | { readonly kind: 'go'; readonly route: Route }
  | { readonly kind: 'tab'; readonly tab: string }
  | { readonly kind: 'back' }
  | { readonly kind: 'list'; readonly view: Partial<ListView> };

const mostEvents = 500;
const deepest = 8;

/** What is shown before anything is known. */
export function firstState(at: number): TuiState {
  return {
    link: { state: 'connecting', since: at },
    heardAt: undefined,
    me: undefined,
    servers: new Map(),
    hosts: new Map(),
    metrics: { hosts: new Map(), servers: new Map() },
    isWhole: false,
    events: [],
    notice: undefined,
    routes: [{ screen: 'fleet' }],
    list: { filter: '', sort: 'name' },
  };
}

/** The state after a change. Pure. */
export function reduce(state: TuiState, change: Change): TuiState {
  switch (change.kind) {
    case 'fleet':
      return afterNews(state, change.news, change.at);
    case 'metrics':
      return { ...state, metrics: afterMetrics(state.metrics, change.news) };
    case 'events': {
      const last = state.events.at(-1)?.id ?? 0;
      const fresh = change.events.filter(({ id }) => id > last);
      if (fresh.length === 0) return { ...state, heardAt: change.at };
      return { ...state, heardAt: change.at, events: [...state.events, ...fresh].slice(-mostEvents) };
    }
    case 'link':
      // How long it has been gone counts from when it went.
      return state.link.state === change.link.state && change.link.state === 'lost'
        ? { ...state, link: { ...change.link, since: state.link.since } }
        : { ...state, link: change.link };
    case 'me':
      return { ...state, me: change.me };
    case 'notice':
      return { ...state, notice: change.notice };
    case 'go':
      return { ...state, routes: [...state.routes, change.route].slice(-deepest) };
    case 'tab': {
      const here = routeOf(state);
      return { ...state, routes: [...state.routes.slice(0, -1), { ...here, tab: change.tab }] };
    }
    case 'back':
      return state.routes.length < 2 ? state : { ...state, routes: state.routes.slice(0, -1) };
    case 'list':
      return { ...state, list: { ...state.list, ...change.view } };
  }
}

function afterMetrics(before: Metrics, news: MetricsNews): Metrics {
  const hosts = new Map(news.isFirst ? [] : before.hosts);
  const servers = new Map(news.isFirst ? [] : before.servers);
  for (const id of news.goneHosts) hosts.delete(id);
  for (const id of news.goneServers) servers.delete(id);
  for (const host of news.hosts) hosts.set(host.id, host);
  for (const server of news.servers) servers.set(server.id, server);
  return { hosts, servers };
}

/** Where one is. */
export function routeOf(state: TuiState): Route {
  return state.routes.at(-1) ?? { screen: 'fleet' };
}

function afterNews(state: TuiState, news: FleetNews, at: number): TuiState {
  const servers = new Map(news.isFirst ? [] : state.servers);
  const hosts = new Map(news.isFirst ? [] : state.hosts);
  for (const id of news.goneServers) servers.delete(id);
  for (const id of news.goneHosts) hosts.delete(id);
  for (const server of news.servers) servers.set(server.id, { ...server, seenAt: at });
  for (const host of news.hosts) hosts.set(host.id, host);
  return {
    ...state,
    heardAt: at,
    servers,
    hosts,
    isWhole: news.isWhole || (!news.isFirst && state.isWhole),
    link: state.link.state === 'live' ? state.link : { state: 'live', since: at },
  };
}
