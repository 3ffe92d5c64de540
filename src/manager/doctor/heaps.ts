import type { Finding } from '../../protocol/entities/finding.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { heapOf } from '../../zomboid/images/image-template.ts';
import { localIdentity } from '../people/identity.ts';
import type { Catalog } from '../servers/catalog.ts';
import type { Db } from '../store/database.ts';
import { readEnvs } from '../store/server-env.ts';
import { listServers } from '../store/servers.ts';
import type { Sealing } from '../trust/sealing.ts';

/** What {@link examineHeaps} looks at. */
export interface HeapParts {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly catalog: Pick<Catalog, 'template'>;
}

/** Holds each server's Java heap against the memory its container may have: what does not fit, the kernel kills. */
export async function examineHeaps({ db, sealing, catalog }: HeapParts): Promise<Finding[]> {
  const servers = await listServers(db, localIdentity, { deleted: false });
  const envs = await readEnvs(
    db,
    sealing,
    servers.map(({ id }) => id),
  );
  const found: Finding[] = [];
  for (const { id, name, image, limits } of servers) {
    if (limits.memoryMb === undefined) continue;
    const template = await templateOf(catalog, image.template);
    const heap = template && heapOf(template, envs.get(id)?.env ?? {});
    if (!template || !heap || limits.memoryMb >= heap.megabytes + heap.headroomMb) continue;
    const needed = heap.megabytes + heap.headroomMb;
    found.push({
      check: `memory of ${name}`,
      level: limits.memoryMb <= heap.megabytes ? 'fail' : 'warn',
      message: `a heap of ${heap.megabytes} MiB needs about ${needed} MiB, and its container may have ${limits.memoryMb} MiB`,
      fix: `zedops server edit ${name} --memory ${needed}m`,
    });
  }
  return found;
}

/** A template that is gone or has faults says nothing of heaps; `zedops image list` tells of it. */
async function templateOf(catalog: Pick<Catalog, 'template'>, id: string) {
  try {
    return await catalog.template(id);
  } catch (error) {
    if (error instanceof ZedopsError) return undefined;
    throw error;
  }
}
