import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import type { Observer } from '../servers/observer.ts';
import { eventsBetween, Seen } from './differences.ts';
import type { TellEvent } from './journal.ts';

/** What {@link recordChanges} needs. */
export interface RecorderOptions {
  /** Where what was last seen is kept, so that what happened while no agent ran is told too. */
  readonly folder: string;
  readonly observer: Observer;
  readonly tell: TellEvent;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const saveAfterMs = 500;
const Kept = z.record(z.string(), Seen);

/** Tells what happens to servers, by the differences between what is observed and what was. */
export async function recordChanges(options: RecorderOptions): Promise<{ readonly flushed: () => Promise<void> }> {
  const { folder, observer, tell, clock, log, signal } = options;
  await makePrivateFolder(folder);
  const file = join(folder, 'seen.json');
  const seen = new Map<string, Seen>(Object.entries(await readSeen(file, log)));
  let takeBack: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  const save = (): void => {
    takeBack = undefined;
    const content = JSON.stringify(Object.fromEntries(seen));
    writing = writing
      .then(() => writeAtomically(file, content))
      .catch((error) => log.error({ error }, 'what was last seen of servers could not be written'));
  };

  const compare = (known: ObservedServer): void => {
    // Without a look, nothing says that a container is gone: it was only not asked for.
    if (known.data === undefined || known.blind !== undefined) return;
    const before = seen.get(known.id);
    const events = before === undefined ? [] : eventsBetween(before, known);
    for (const event of events) tell(event);
    const { container, readyAt, lastExit, activity } = known;
    seen.set(known.id, { container, readyAt, lastExit, activity });
    if (before === undefined || events.length > 0) takeBack ??= clock.after(saveAfterMs, save);
  };

  const unsubscribe = observer.subscribe(compare);
  signal.addEventListener('abort', unsubscribe, { once: true });
  return {
    async flushed() {
      takeBack?.();
      save();
      await writing;
    },
  };
}

async function readSeen(file: string, log: Log): Promise<z.infer<typeof Kept>> {
  const text = await readIfThere(file);
  if (text === undefined) return {};
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    log.warn({ file }, 'what was last seen of servers cannot be read; what changed since is not told');
    return {};
  }
}
