import * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { managedLabel, serverIdLabel } from '../spec/spec-build.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { RuntimeEvent } from './runtime.ts';

const kinds: Readonly<Record<string, RuntimeEvent['kind']>> = {
  create: 'created',
  start: 'started',
  die: 'exited',
  pause: 'paused',
  unpause: 'resumed',
  oom: 'oom',
  destroy: 'removed',
  rename: 'renamed',
};

const EngineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  /** Nanoseconds since 1970. A double keeps them to about 256 ns, finer than the milliseconds we tell. */
  timeNano: z.number(),
});

const longestEventBytes = 1024 * 1024;

/**
 * Follows the engine's events about our containers, one JSON object a line. Resolves when the signal aborts, rejects with
 * UNREACHABLE when the stream ends without that.
 */
export async function watchDocker(
  engine: DockerEngine,
  clock: Clock,
  onEvent: (event: RuntimeEvent) => void,
  onLive: () => void,
  signal: AbortSignal,
): Promise<void> {
  const filters = JSON.stringify({ type: ['container'], label: [`${managedLabel}=true`] });
  // Engines begin to answer a moment before they listen: what happens in between is replayed because of `since`.
  const since = (clock.now() / 1000).toFixed(9);
  const query = new URLSearchParams({ filters, since });
  try {
    const stream = await engine.open('its events', `/events?${query}`, { signal });
    onLive();
    let rest = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestEventBytes) throw engine.broken(new Error('an event has no end'));
      for (const line of lines) {
        const event = eventOf(line);
        if (event && !signal.aborted) onEvent(event);
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    throw engine.broken(error);
  }
  if (!signal.aborted) throw engine.broken(new Error('its events ended'));
}

function eventOf(line: string): RuntimeEvent | undefined {
  if (line.trim() === '') return undefined;
  const { Action, Actor, timeNano } = EngineEvent.parse(JSON.parse(line));
  const kind = kinds[Action];
  const serverId = Actor.Attributes[serverIdLabel];
  if (kind === undefined || serverId === undefined) return undefined;
  return { serverId, containerId: Actor.ID, kind, at: isoTime(Math.floor(timeNano / 1e6)) };
}
