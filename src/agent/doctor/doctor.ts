import { access, constants, stat, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { Clock } from '../../platform/clock.ts';
import { networkFileSystem } from '../../platform/files/file-system.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { RconSessions } from '../rcon/sessions.ts';
import { rconTarget } from '../rcon/target.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Looker } from '../servers/looker.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';
import type { DiskTrends } from './disk-trend.ts';
import { examineUpkeep } from './upkeep.ts';

/** Looks at this host for what will hurt later. */
export interface Doctor {
  examine(): Promise<readonly Finding[]>;
}

/** What {@link createDoctor} is made of. */
export interface DoctorDeps {
  readonly runtime: Runtime;
  readonly registry: Registry;
  readonly observer: Observer;
  readonly looker: Looker;
  readonly rcon: Pick<RconSessions, 'ready'>;
  readonly clock: Clock;
  readonly dataRoot: string;
  /** All data roots, that one among them. */
  readonly roots: readonly string[];
  readonly jobs: Pick<Jobs, 'list'>;
  /** `/proc`. */
  readonly proc: string;
  /** The agent's own folder: identity, specs, jobs. */
  readonly stateFolder: string;
  readonly diskTrends: Pick<DiskTrends, 'daysToFull'>;
}

/** The oldest Docker engine the tests run on. */
const oldestEngine = 20.1;
/** A disk that is full sooner than this is told. */
const fullSoonDays = 14;
/** A server's first start downloads about 7 GB, and its world grows. */
const roomForOneServer = 10 * 1024 ** 3;

/** Makes the doctor of a host. */
export function createDoctor(deps: DoctorDeps): Doctor {
  return {
    async examine() {
      const servers = deps.registry.all().filter(({ deleted }) => !deleted);
      const some = await Promise.all([
        engine(deps),
        stateFolder(deps),
        ...deps.roots.map((root, index) => dataRoot(deps, root, index === 0)),
        Promise.resolve(memory(deps)),
        ...servers.map((server) => console(deps, server.id)),
        examineUpkeep(deps, servers),
      ]);
      return some.flat();
    },
  };
}

async function engine({ runtime }: DoctorDeps): Promise<readonly Finding[]> {
  const check = runtime.kind === 'docker' ? 'Docker engine' : 'process runtime';
  try {
    const version = await runtime.version();
    if (runtime.kind === 'docker' && Number.parseFloat(version) < oldestEngine) {
      const fix = `install Docker ${oldestEngine} or newer on this host`;
      return [{ check, level: 'warn', message: `version ${version} is older than ZedOps is tried with`, fix }];
    }
    return [{ check, level: 'ok', message: `answers, version ${version}` }];
  } catch (error) {
    const fix = (error instanceof ZedopsError && error.hint) || 'systemctl start docker';
    return [{ check, level: 'fail', message: messageOf(error), fix }];
  }
}

async function stateFolder({ stateFolder: folder }: DoctorDeps): Promise<readonly Finding[]> {
  const { mode } = await stat(folder);
  const check = 'agent folder';
  if ((mode & 0o077) === 0) return [{ check, level: 'ok', message: `${folder} is private` }];
  return [{ check, level: 'fail', message: `${folder} can be read by others`, fix: `chmod 700 ${folder}` }];
}

async function dataRoot({ diskTrends }: DoctorDeps, folder: string, isFirst: boolean): Promise<readonly Finding[]> {
  const check = 'data root';
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    return [
      { check, level: 'fail', message: `${folder} cannot be written: ${messageOf(error)}`, fix: `mkdir -p ${folder}` },
    ];
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const days = diskTrends.daysToFull(folder);
  const trend = days === undefined ? '' : `; at the pace of the last week it is full in ${Math.floor(days)} days`;
  const message = `${folder} has ${gib(free)} free${trend}`;
  const isTight = free < roomForOneServer || (days !== undefined && days < fullSoonDays);
  const fix = isFirst
    ? 'free some space, or move agent.dataRoot to a larger disk; a first start needs about 10 GiB'
    : 'free some space, or move servers to another data root: zedops server move';
  return [
    isTight ? { check, level: 'warn', message, fix } : { check, level: 'ok', message },
    ...(await onNetwork(folder, isFirst)),
  ];
}

/** The game keeps players and vehicles in SQLite, whose locks many network file systems do not keep. */
async function onNetwork(folder: string, isFirst: boolean): Promise<readonly Finding[]> {
  const kind = await networkFileSystem(folder);
  if (kind === undefined) return [];
  const message = `${folder} lies on ${kind}: the game’s SQLite files may be damaged there`;
  const setting = isFirst ? 'agent.dataRoot' : 'agent.dataRoots';
  return [{ check: 'data root', level: 'fail', message, fix: `set ${setting} to a folder on a disk of this host` }];
}

function memory({ registry }: DoctorDeps): readonly Finding[] {
  const check = 'memory';
  const running = registry.all().filter(({ deleted, power }) => !deleted && power === 'on');
  const limited = running.flatMap(({ limits }) => limits.memoryMb ?? []);
  const promised = limited.reduce((sum, megabytes) => sum + megabytes * 1024 ** 2, 0);
  const message = `servers that are on may take ${gib(promised)} of ${gib(totalmem())} on ${availableParallelism()} CPUs`;
  if (promised <= totalmem()) return [{ check, level: 'ok', message }];
  return [
    {
      check,
      level: 'warn',
      message,
      fix: 'give servers less memory, or stop some: the kernel kills what does not fit',
    },
  ];
}

async function console({ registry, observer, rcon }: DoctorDeps, serverId: string): Promise<readonly Finding[]> {
  const server = registry.get(serverId);
  const check = `RCON of ${server.name}`;
  if (observer.find(serverId)?.readyAt === undefined) return [];
  if (!rconTarget(server)) {
    return [
      {
        check,
        level: 'warn',
        message: 'not set up: a stop cannot ask for a save',
        fix: 'set an RCON password in its env',
      },
    ];
  }
  try {
    await rcon.ready(server);
    return [{ check, level: 'ok', message: 'takes the password' }];
  } catch (error) {
    const fix = `zedops logs ${server.name} --grep RCON`;
    return [{ check, level: 'fail', message: `a stop cannot ask for a save: ${messageOf(error)}`, fix }];
  }
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
