import { agentEvents } from '../../protocol/operations/event.ts';
import { handleOnAgent } from '../context.ts';
import type { EventJournal } from '../events/journal.ts';

/** Handler of the stream of this host's events: what the manager has not had yet, then what comes. */
export function eventHandlers(journal: EventJournal) {
  return [
    handleOnAgent(agentEvents, async ({ after }, { progress, signal, lag }) => {
      let seq = after?.stream === journal.stream ? after.seq : 0;
      while (!signal.aborted) {
        const { events, lost } = journal.read(seq);
        const last = events.at(-1);
        if (last) {
          progress({ stream: journal.stream, events: [...events], ...(lost === 0 ? {} : { lost }) });
          seq = last.seq;
          await lag();
        } else {
          await more(journal, signal);
        }
      }
      return {};
    }),
  ];
}

function more(journal: EventJournal, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const unsubscribe = journal.subscribe(done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
