import { type Clock, isoTime } from '../../platform/clock.ts';
import { programVersion } from '../../platform/program-version.ts';
import { auditList } from '../../protocol/operations/audit.ts';
import { managerDoctor, managerShow } from '../../protocol/operations/system.ts';
import type { ManagerDoctor } from '../doctor/doctor.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import { listAudit } from '../store/audit.ts';
import type { Db } from '../store/database.ts';

/** What the handlers of the manager itself need. */
export interface ManagerHandlerDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'online'>;
  readonly doctor: ManagerDoctor;
  readonly fingerprint: string;
  /** What it listens on now. */
  readonly listens: () => readonly string[];
  readonly clock: Clock;
}

/** Handlers of what the manager says of itself. */
export function managerHandlers({ db, hub, doctor, fingerprint, listens, clock }: ManagerHandlerDeps) {
  const startedAt = isoTime(clock.now());
  return [
    handleOnManager(managerShow, async () => ({
      version: programVersion,
      nodeVersion: process.versions.node,
      startedAt,
      clock: isoTime(clock.now()),
      fingerprint,
      listen: [...listens()],
      hostsOnline: hub.online(),
      memoryBytes: process.memoryUsage.rss(),
    })),
    handleOnManager(managerDoctor, async () => ({ findings: [...(await doctor.examine())] })),
    handleOnManager(auditList, async ({ since, ...filter }) => ({
      rows: await listAudit(db, { ...filter, since: since === undefined ? undefined : Date.parse(since) }),
    })),
  ];
}
