import type * as z from 'zod';
import type { LogFinding, LogSearchEnd, SearchPlace } from '../../protocol/entities/log-search.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentLogSearch } from '../../protocol/operations/log-search.ts';
import type { Reader } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import type { ServerRecord } from '../store/servers.ts';

/** What every host is asked. */
export type LogQuestion = Omit<z.input<typeof agentLogSearch.request>, 'serverId' | 'after' | 'filesAfter'> & {
  readonly limit: number;
};

/** What {@link searchOne} needs. */
export interface LogSearchDeps {
  readonly hub: Pick<Hub, 'find'>;
  /** Who asked, and how far they lag behind; absent over HTTP, where the door bounds what waits. */
  readonly reader: Pick<Reader, 'buffered' | 'drained'> | undefined;
  readonly signal: AbortSignal;
  /** Where the search goes on, and how many lines it had found by then. */
  readonly place?: (SearchPlace & { readonly found: number }) | undefined;
  readonly give: (finding: LogFinding) => void;
}

const mostBuffered = 4 * 1024 * 1024;

/**
 * Has the host of a server look through its log. A search whose reader lags is put down, and taken up again after the
 * last line, so that nothing piles up here. Never rejects for what the host or its connection does.
 * @throws ZedopsError INVALID_INPUT for a pattern that cannot be used; CANCELLED.
 */
export async function searchOne(
  server: Pick<ServerRecord, 'id' | 'hostId' | 'hostName'>,
  question: LogQuestion,
  { hub, reader, signal, place, give }: LogSearchDeps,
): Promise<LogSearchEnd> {
  let { after, filesAfter, found } = place ?? { found: 0 };
  for (;;) {
    while (reader && reader.buffered() > mostBuffered && !signal.aborted) await reader.drained();
    const link = hub.find(server.hostId);
    if (!link) return { found, isCut: false, problem: `${server.hostName} is offline` };
    if (!link.knows(agentLogSearch.subject)) {
      return { found, isCut: false, problem: `the agent of ${server.hostName} is too old to search` };
    }
    const hold = new AbortController();
    try {
      const limit = question.limit - found;
      if (limit <= 0) return { found, isCut: true };
      const request = { ...question, limit, serverId: server.id, after, filesAfter };
      const { isCut, problem } = await link.request(agentLogSearch, request, {
        signal: AbortSignal.any([signal, hold.signal]),
        onProgress(finding) {
          if (hold.signal.aborted) return;
          if (finding.kind === 'file-found') filesAfter = finding.place;
          else after = { stream: finding.stream, seq: finding.through };
          if (finding.kind !== 'gap') found += finding.lines.length;
          give(finding);
          if (reader && reader.buffered() > mostBuffered) hold.abort();
        },
      });
      return { found, isCut, ...(problem === undefined ? {} : { problem }) };
    } catch (error) {
      if (hold.signal.aborted && !signal.aborted) continue;
      if (signal.aborted || !(error instanceof ZedopsError) || error.code === 'INVALID_INPUT') throw error;
      return { found, isCut: false, problem: error.message };
    }
  }
}
