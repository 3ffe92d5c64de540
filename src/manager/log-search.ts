import type * as z from 'zod';
import type { LogCursor } from '../protocol/entities/log.ts';
import type { LogFinding } from '../protocol/entities/log-search.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { agentLogSearch } from '../protocol/operations/log-search.ts';
import type { Reader } from './context.ts';
import type { Hub } from './hub.ts';
import type { ServerRecord } from './store/servers.ts';

/** What every host is asked. */
export type LogQuestion = Omit<z.input<typeof agentLogSearch.request>, 'serverId' | 'after'> & {
  readonly limit: number;
};

/** What became of the search of one server's log. */
export interface LogSearchEnd {
  readonly id: string;
  readonly server: string;
  readonly found: number;
  readonly isCut: boolean;
  /** Why it could not be looked through, or not to the end. */
  readonly problem?: string;
}

/** What {@link searchOne} needs. */
export interface LogSearchDeps {
  readonly hub: Pick<Hub, 'find'>;
  /** Who asked, and how far they lag behind; absent over HTTP, where the door bounds what waits. */
  readonly reader: Pick<Reader, 'buffered' | 'drained'> | undefined;
  readonly signal: AbortSignal;
  readonly give: (finding: LogFinding) => void;
}

const mostBuffered = 4 * 1024 * 1024;

/**
 * Has the host of a server look through its log. A search whose reader lags is put down, and taken up again after the
 * last line, so that nothing piles up here. Never rejects for what the host or its connection does.
 * @throws ZedopsError INVALID_INPUT for a pattern that cannot be used; CANCELLED.
 */
export async function searchOne(
  server: Pick<ServerRecord, 'id' | 'name' | 'hostId' | 'hostName'>,
  question: LogQuestion,
  { hub, reader, signal, give }: LogSearchDeps,
): Promise<LogSearchEnd> {
  const end = { id: server.id, server: server.name };
  let after: LogCursor | undefined;
  let found = 0;
  for (;;) {
    while (reader && reader.buffered() > mostBuffered && !signal.aborted) await reader.drained();
    const link = hub.find(server.hostId);
    if (!link) return { ...end, found, isCut: false, problem: `${server.hostName} is offline` };
    if (!link.knows(agentLogSearch.subject)) {
      return { ...end, found, isCut: false, problem: `the agent of ${server.hostName} is too old to search` };
    }
    const hold = new AbortController();
    try {
      const limit = question.limit - found;
      if (limit <= 0) return { ...end, found, isCut: true };
      const request = { ...question, limit, serverId: server.id, ...(after === undefined ? {} : { after }) };
      const { isCut } = await link.request(agentLogSearch, request, {
        signal: AbortSignal.any([signal, hold.signal]),
        onProgress(finding) {
          if (hold.signal.aborted) return;
          after = { stream: finding.stream, seq: finding.through };
          if (finding.kind === 'found') found += finding.lines.length;
          give(finding);
          if (reader && reader.buffered() > mostBuffered) hold.abort();
        },
      });
      return { ...end, found, isCut };
    } catch (error) {
      if (hold.signal.aborted && !signal.aborted) continue;
      if (signal.aborted || !(error instanceof ZedopsError) || error.code === 'INVALID_INPUT') throw error;
      return { ...end, found, isCut: false, problem: error.message };
    }
  }
}
