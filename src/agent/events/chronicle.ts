import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { openCrashStore } from '../crashes/crash-store.ts';
import { type KeepCrashesOptions, keepCrashes } from '../crashes/keep-crashes.ts';
import { crashHandlers } from '../handlers/crash.ts';
import { eventHandlers } from '../handlers/event.ts';
import { openRevivals } from '../servers/revivals.ts';
import { type ReviveOptions, reviveServers } from '../servers/revive.ts';
import { openEventJournal } from './journal.ts';
import { recordChanges } from './recorder.ts';

/** What {@link openChronicle} is made of. */
export interface ChronicleDeps extends Pick<KeepCrashesOptions, 'registry' | 'observer' | 'logs' | 'status'> {
  /** The agent's own folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Opens what this host writes down of what happens, and what follows from it: events, crashes, starts after crashes. */
export async function openChronicle({ folder, registry, observer, logs, status, clock, log, signal }: ChronicleDeps) {
  const eventsFolder = join(folder, 'events');
  const journal = await openEventJournal(eventsFolder, clock, log);
  const { tell } = journal;
  const changes = await recordChanges({ folder: eventsFolder, observer, tell, clock, log, signal });
  const store = await openCrashStore(join(folder, 'crashes'), log);
  const revivals = await openRevivals(join(folder, 'revivals'), log);
  const always = { registry, observer, tell, clock, log, signal };
  return {
    tell,
    journal,
    /** Forgets what was kept of the crashes of a server that is purged. */
    forget: (serverId: string) => store.forgetServer(serverId),
    handlers: [...crashHandlers(store), ...eventHandlers(journal)] as const,
    /** Begins to keep evidence of crashes and to start again what crashed: once it is known what there is. */
    begin({
      facts,
      ...rest
    }: Pick<ReviveOptions, 'hold' | 'lifecycle' | 'runExclusive'> & Pick<KeepCrashesOptions, 'facts'>): void {
      const crashes = keepCrashes({ ...always, store, logs, status, facts });
      reviveServers({ ...always, ...rest, revivals, crashes });
    },
    /** Resolves when everything is on disk. */
    async flushed(): Promise<void> {
      await revivals.flushed();
      await changes.flushed();
      await journal.flushed();
    },
  };
}
