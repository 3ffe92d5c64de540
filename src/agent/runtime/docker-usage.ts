import { totalmem } from 'node:os';
import * as z from 'zod';
import { type KernelFolders, readCgroupUsage, usage } from './cgroup-usage.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refusalOf } from './docker-errors.ts';
import type { RuntimeContainer } from './runtime.ts';
import type { Usage } from './usage.ts';

/** An engine that has not answered after this long is too busy to be asked for numbers. */
const answerMs = 5_000;

/** What of the engine's answer is used. Source: `GET /containers/{id}/stats` of the Docker Engine API. */
const EngineStats = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.int().min(0) }).optional() }).optional(),
  memory_stats: z
    .object({
      usage: z.int().min(0).optional(),
      limit: z.number().min(0).optional(),
      stats: z.record(z.string(), z.number()).optional(),
    })
    .optional(),
});

/**
 * What a container uses: from the control groups where they can be read, else from the engine, one answer at a time. A
 * stream of the engine's own would be there once a second, watched or not.
 */
export async function readDockerUsage(
  engine: DockerEngine,
  folders: KernelFolders,
  container: Pick<RuntimeContainer, 'id' | 'pid'>,
): Promise<Usage | undefined> {
  const found = await readCgroupUsage(folders, container);
  if (found) return found;
  const answer = await engine.call(
    `container ${container.id.slice(0, 12)}`,
    async (docker, abortSignal) => {
      try {
        // Its types leave the signal out.
        const options = { stream: false, 'one-shot': true, abortSignal } as const;
        return await docker.getContainer(container.id).stats(options);
      } catch (error) {
        if (refusalOf(error)?.statusCode === 404) return undefined;
        throw error;
      }
    },
    { deadlineMs: answerMs },
  );
  return answer === undefined ? undefined : usageFrom(answer, totalmem());
}

/** Reads the engine's answer. A limit of all the host has is how an engine says that there is none. */
export function usageFrom(answer: unknown, hostBytes: number): Usage | undefined {
  const { cpu_stats, memory_stats } = EngineStats.parse(answer);
  const nanoseconds = cpu_stats?.cpu_usage?.total_usage;
  const { usage: used, limit, stats } = memory_stats ?? {};
  // An exited container is answered for with zeros.
  if (used === undefined) return undefined;
  return usage({
    cpuSeconds: nanoseconds === undefined ? undefined : nanoseconds / 1e9,
    cpusLimit: undefined,
    used,
    inactive: stats?.total_inactive_file ?? stats?.inactive_file,
    limit: limit === undefined || limit >= hostBytes ? undefined : limit,
  });
}
