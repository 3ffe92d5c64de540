import { didYouMean } from '../../platform/did-you-mean.ts';
import type { ServerSummary } from '../../protocol/entities/server.ts';
import { parseSelector, type SelectorFacts } from '../../protocol/selector.ts';

/** A server as lists show it, with the tags of its host. */
export interface Selectable {
  readonly summary: ServerSummary;
  readonly hostTags: readonly string[];
  /** How many its host last said to be online; undefined where it did not. */
  readonly players?: number | undefined;
}

/** The servers that fit, and the names of those of which it cannot be said. */
export interface Selected {
  readonly servers: ServerSummary[];
  readonly undecided: string[];
}

/** Tries a selector on servers. @throws ZedopsError INVALID_INPUT where it cannot be read. */
export function selectServers(text: string, servers: readonly Selectable[]): Selected {
  const selector = parseSelector(text, didYouMean);
  const selected: Selected = { servers: [], undecided: [] };
  for (const server of servers) {
    const { summary } = server;
    const fits = selector(factsOf(server));
    if (fits === undefined) selected.undecided.push(summary.name);
    else if (fits) selected.servers.push(summary);
  }
  return selected;
}

/** States in which no game runs that anyone could be on. */
const empty: ReadonlySet<string> = new Set(['stopped', 'crashed', 'missing', 'lost', 'deleted']);

function factsOf({ summary, hostTags, players }: Selectable): SelectorFacts {
  const { name, host, state, image, tags = [], staleSeconds } = summary;
  // What a host said before it went away may be otherwise by now.
  const online = state === 'ready' && staleSeconds === undefined ? players : undefined;
  return { name, host, state, image, tag: tags, 'host.tag': hostTags, players: empty.has(state) ? 0 : online };
}
