import type { Job } from '../../protocol/entities/job.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import type { Observer } from './observer.ts';
import type { Registry } from './registry.ts';

const creates: readonly string[] = [serverCreate.subject, serverRetry.subject];

/**
 * Says again of each server whose last job was a create that failed why it did: an agent that was restarted shall not take a create that
 * failed for a server that lost its container. `jobs` are newest first.
 */
export function recallFailures(
  jobs: readonly Job[],
  registry: Pick<Registry, 'find'>,
  observer: Pick<Observer, 'note'>,
): void {
  const heard = new Set<string>();
  for (const { serverId, state, subject, error, endedAt } of jobs) {
    if (heard.has(serverId)) continue;
    heard.add(serverId);
    const server = registry.find(serverId);
    if (!server || state !== 'failed' || !creates.includes(subject) || !error || endedAt === undefined) continue;
    observer.note(server, { failure: { subject, message: error.message, at: endedAt } });
  }
}
