import type * as z from 'zod';
import type { LogFinding, SearchPlace } from '../../protocol/entities/log-search.ts';
import { serverLogSearch } from '../../protocol/operations/log-search.ts';
import type { Session } from '../connect/session.ts';

/** What became of the search of one server. */
export type SearchEnd = z.output<typeof serverLogSearch.reply>['servers'][number];

/** Where what is found goes. */
export interface SearchSink {
  readonly signal: AbortSignal;
  take(server: string, finding: LogFinding): void;
  /** Bytes taken that have not left this process yet. */
  backlog(): number;
  /** Resolves when the backlog is gone. */
  drained(): Promise<void>;
  /** Bytes of backlog at which the search is put down until the sink has drained. Default 4 MiB. */
  readonly mostBacklog?: number;
}

type Place = NonNullable<z.input<typeof serverLogSearch.request>['places']>[number];

/**
 * Searches logs into a sink. One that lags puts the search down and takes it up again after the last line it was given,
 * so that memory stays bounded and nothing is lost. @throws ZedopsError what ends it: a refusal, a lost connection, or
 * CANCELLED by the signal.
 */
export async function followSearch(
  session: Pick<Session, 'peer' | 'lost'>,
  request: z.input<typeof serverLogSearch.request>,
  { signal, take, backlog, drained, mostBacklog = 4 * 1024 * 1024 }: SearchSink,
): Promise<readonly SearchEnd[]> {
  const places = new Map<string, Place>();
  const ends = new Map<string, SearchEnd>();
  for (;;) {
    const hold = new AbortController();
    try {
      const { servers } = await session.peer.request(
        serverLogSearch,
        { ...request, places: [...places.values()] },
        {
          signal: AbortSignal.any([signal, hold.signal]),
          onProgress({ serverId, server, finding }) {
            if (hold.signal.aborted) return;
            const place = places.get(serverId) ?? { serverId, found: 0 };
            if (finding.kind === 'over') {
              const { kind: _, ...end } = finding;
              ends.set(serverId, { id: serverId, server, ...end });
              places.set(serverId, { ...place, isOver: true });
              return;
            }
            const found = place.found + (finding.kind === 'gap' ? 0 : finding.lines.length);
            places.set(serverId, { ...place, found, ...placeOf(finding) });
            take(server, finding);
            if (backlog() > mostBacklog) hold.abort();
          },
        },
      );
      for (const end of servers) ends.set(end.id, end);
      return [...ends.values()].sort((a, b) => (a.server < b.server ? -1 : 1));
    } catch (error) {
      if (!hold.signal.aborted || signal.aborted) throw error;
      await drained();
      const lost = session.lost();
      if (lost) throw lost;
    }
  }
}

function placeOf(finding: LogFinding): SearchPlace {
  if (finding.kind === 'file-found') return { filesAfter: finding.place };
  return { after: { stream: finding.stream, seq: finding.through } };
}
