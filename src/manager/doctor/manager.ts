import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { networkFileSystem } from '../../platform/files/file-system.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import type { Hub } from '../hosts/hub.ts';
import { localIdentity } from '../people/identity.ts';
import { listAudit } from '../store/audit.ts';
import type { Store } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';
import type { ServerCertificateKeeper } from '../trust/server-certificate.ts';

/** What {@link examineManager} looks at. */
export interface ManagerParts {
  /** The manager's own folder. */
  readonly folder: string;
  readonly store: Store;
  readonly certificate: Pick<ServerCertificateKeeper, 'current'>;
  readonly hub: Pick<Hub, 'find'>;
  readonly clock: Clock;
}

const day = 86_400_000;
const megabyte = 1024 ** 2;

/** Looks at the manager itself: its files, disk, database, certificate and clock, and who is away. */
export async function examineManager({ folder, store, certificate, hub, clock }: ManagerParts): Promise<Finding[]> {
  const modes = async (): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for (const name of ['', 'authority-private.pem', 'master.key', 'manager.db']) {
      const path = join(folder, name);
      const mode = await modeOf(path);
      if (mode === undefined) {
        findings.push({
          check: 'files',
          level: 'fail',
          message: `${path} is missing`,
          fix: 'put it back from a backup',
        });
      } else if ((mode & 0o077) !== 0) {
        findings.push({
          check: 'files',
          level: 'fail',
          message: `${path} has mode ${mode.toString(8)}, so that others can read it`,
          fix: `chmod ${name === '' ? '700' : '600'} ${path}`,
        });
      }
    }
    return findings.length > 0 ? findings : [ok('files', `${folder} and its keys are the owner’s alone`)];
  };

  const disk = async (): Promise<Finding> => {
    const { bavail, bsize } = await statfs(folder);
    const free = Math.floor((bavail * bsize) / megabyte);
    const message = `${free} MiB are free below ${folder}`;
    if (free >= 1024) return ok('disk', message);
    return { check: 'disk', level: free < 100 ? 'fail' : 'warn', message, fix: 'make room on that disk' };
  };

  const database = async (): Promise<Finding> => {
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(store.db);
    const found = Object.values(rows[0] ?? {})[0];
    if (found === 'ok') return ok('database', `${store.file} is sound`);
    return {
      check: 'database',
      level: 'fail',
      message: `${store.file} is damaged: ${String(found)}`,
      fix: 'stop the manager and put the database back from a backup',
    };
  };

  const serving = (): Finding => {
    const { expiresAt } = certificate.current();
    const message = `the certificate is good until ${isoTime(expiresAt)}`;
    if (expiresAt - clock.now() > 3 * day) return ok('certificate', message);
    return { check: 'certificate', level: 'fail', message, fix: 'restart the manager: it makes itself a new one' };
  };

  const time = async (): Promise<Finding> => {
    const [newest] = await listAudit(store.db, { limit: 1 });
    const ahead = newest === undefined ? 0 : Date.parse(newest.at) - clock.now();
    if (ahead <= 0) return ok('clock', `it is ${isoTime(clock.now())}`);
    return {
      check: 'clock',
      level: 'fail',
      message: `the clock was set back: the newest audit row is ${Math.round(ahead / 1000)} s in the future`,
      fix: 'let the machine keep its time, for instance with systemd-timesyncd',
    };
  };

  const hosts = async (): Promise<Finding> => {
    const active = (await listHosts(store.db, localIdentity)).filter(({ state }) => state === 'active');
    const away = active.filter(({ id }) => !hub.find(id)).map(({ name }) => name);
    if (active.length === 0) {
      return { check: 'hosts', level: 'warn', message: 'there is no host yet', fix: 'zedops host invite <name>' };
    }
    if (away.length === 0) return ok('hosts', `all hosts are online (${active.length})`);
    return {
      check: 'hosts',
      level: 'warn',
      message: `${away.length} of ${active.length} hosts are offline: ${away.slice(0, 10).join(', ')}`,
      fix: 'look on those hosts whether zedops agent runs',
    };
  };

  const onNetwork = async (): Promise<Finding[]> => {
    const kind = await networkFileSystem(folder);
    if (kind === undefined) return [];
    const message = `${store.file} lies on ${kind}, where SQLite’s locks may not hold`;
    return [{ check: 'database', level: 'fail', message, fix: 'keep the manager’s folder on a disk of this machine' }];
  };

  return [
    ...(await modes()),
    await disk(),
    await database(),
    ...(await onNetwork()),
    serving(),
    await time(),
    await hosts(),
  ];
}

function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message };
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
