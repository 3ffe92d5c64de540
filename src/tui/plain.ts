import type { ManagerClient } from '../client/connect/manager-client.ts';
import { followEvents } from '../client/follow/follow-events.ts';
import { followFleet } from '../client/follow/follow-fleet.ts';
import { followMetrics } from '../client/follow/follow-metrics.ts';
import type { Clock } from '../platform/clock.ts';
import { stripControls } from '../platform/terminal/terminal-text.ts';
import type { FleetServer } from '../protocol/entities/fleet.ts';
import type { HostSummary } from '../protocol/entities/host.ts';
import { createPlainMetrics } from './plain-metrics.ts';
import { timeOfDay } from './spans.ts';

/** What {@link tellPlainly} is given. */
export interface PlainOptions {
  readonly client: ManagerClient;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Takes one line without its line feed. */
  readonly write: (line: string) => void;
}

/**
 * Tells the fleet line by line: first as it is, then each change as a sentence, and what hosts and servers take. Nothing is ever drawn over, so that a
 * screen reader reads each thing once. @throws ZedopsError when the manager refuses.
 */
export async function tellPlainly({ client, clock, signal, write }: PlainOptions): Promise<void> {
  const say = (text: string): void => write(stripControls(text));
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const open = (aborted: AbortSignal) => client.open(aborted);
  const told = new Map<string, string>();
  const tell = (key: string, sentence: string): void => {
    if (told.get(key) === sentence) return;
    told.set(key, sentence);
    say(sentence);
  };
  const names = new Map<string, string>();
  const fleet = followFleet({
    open,
    take(news) {
      for (const host of news.hosts) {
        names.set(host.id, `host ${host.name}`);
        tell(host.id, hostSentence(host));
      }
      for (const server of news.servers) {
        names.set(server.id, `server ${server.name}`);
        tell(server.id, serverSentence(server));
      }
      for (const id of [...news.goneServers, ...news.goneHosts]) {
        told.delete(id);
        say(`${names.get(id) ?? id} is gone`);
        names.delete(id);
      }
    },
    onLost: (why) => say(`The manager is away: ${why}. Trying again.`),
    clock,
    signal: either,
  });
  const events = followEvents(
    { limit: 0 },
    {
      open,
      take: ({ at, server, host, text }) => say(`${timeOfDay(at)} ${server ?? host}: ${text}`),
      onConnection: (state) => {
        if (state === 'back') say('The manager is back.');
      },
      clock,
      signal: either,
    },
  );
  const take = createPlainMetrics({ nameOf: (id) => names.get(id), say });
  const metrics = followMetrics({ open, take, clock, signal: either });
  try {
    await Promise.all([fleet, events, metrics]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ending.abort();
    await Promise.allSettled([fleet, events, metrics]);
  }
}

function serverSentence({ name, host, state, detail, playersOnline, pending }: FleetServer): string {
  const players = playersOnline === undefined ? '' : `, ${playersOnline} ${playersOnline === 1 ? 'player' : 'players'}`;
  return `server ${name} on ${host}: ${state}${detail === undefined ? '' : ` (${detail})`}${players}${pending ? ', changes wait' : ''}`;
}

function hostSentence({ name, connection, servers }: HostSummary): string {
  return `host ${name}: ${connection}, ${servers} ${servers === 1 ? 'server' : 'servers'}`;
}
