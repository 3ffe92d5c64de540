import { lstat, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { AdoptionSource, AdoptionWay } from '../../protocol/entities/adoption.ts';
import type { DesiredServer, ServerState } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Doing, Lifecycle } from '../servers/lifecycle.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';
import { bringFolders, copyAhead, takeFoldersBack } from './bring.ts';
import { type ExamineDeps, isUp, locate } from './examine.ts';
import { measured, refuseFullDisk } from './folders.ts';
import type { AdoptionJournal, AdoptionRecord } from './journal.ts';
import { keptName } from './kept-name.ts';
import { layAside, putBack } from './original.ts';
import { findSource } from './source.ts';

/** What is to be adopted, as what the server should be. */
export interface AdoptionRequest {
  readonly jobId: string;
  readonly source: AdoptionSource;
  readonly way?: AdoptionWay | undefined;
}

/** How an adoption ended. */
export interface Adopted {
  readonly state: ServerState;
  readonly readyAt?: string;
  readonly keptAs?: string;
}

/** Takes over servers that ZedOps did not make. */
export interface Adoption {
  /**
   * Copies what can be copied while the original runs, stops it, brings its folders to their place, makes our container and waits until it is ready; where that
   * fails or is cancelled, everything goes back. Run again after a crash of the agent, it goes on, either way.
   */
  adopt(server: DesiredServer, request: AdoptionRequest, doing: Doing): Promise<Adopted>;
  /** Puts back what adoptions left that have failed and could not put it back themselves. */
  putBackLeft(isUnderWay: (jobId: string) => boolean): Promise<void>;
}

/** What {@link createAdoption} is made of. */
export interface AdoptionDeps extends ExamineDeps {
  readonly registry: Registry;
  readonly observer: Pick<Observer, 'forget'>;
  readonly lifecycle: Pick<Lifecycle, 'create' | 'remove'>;
  readonly journal: AdoptionJournal;
  /** Folder for manifests of what is copied, while they are needed. */
  readonly work: string;
}

const countMs = 60_000;

/** Makes what adopts servers on this host. */
export function createAdoption(deps: AdoptionDeps): Adoption {
  const { runtime, registry, observer, lifecycle, journal, work, dataRoot, clock } = deps;

  const begin = async (server: DesiredServer, { jobId, source, way }: AdoptionRequest): Promise<AdoptionRecord> => {
    const found = await findSource(source, { foreign: runtime.foreign, registry });
    const { original } = found;
    await refuseTwice(journal, original?.id);
    const { folders } = await locate({ name: server.name, source, way }, found, server.game.volumes, deps);
    const copied = await measured(
      folders.filter(({ how }) => how === 'copy'),
      clock,
      clock.steady() + countMs,
    );
    await refuseFullDisk(copied, dataRoot);
    const record: AdoptionRecord = {
      ...{ jobId, serverId: server.id, name: server.name, direction: 'on' },
      folders: folders.map((folder) => copied.find(({ to }) => to === folder.to) ?? folder),
      makesFolder: !(await isThere(join(await realpath(dataRoot), server.name))),
      ...(original === undefined
        ? {}
        : {
            original: {
              id: original.id,
              name: original.name,
              keptAs: keptName(original.name, (await runtime.foreign?.list()) ?? []),
              running: isUp(original.status),
              restart: { ...original.restart },
            },
          }),
    };
    await journal.write(record);
    return record;
  };

  const goOn = async (server: DesiredServer, record: AdoptionRecord, doing: Doing): Promise<Adopted> => {
    const { original } = record;
    doing.signal.throwIfAborted();
    const bringing = { clock, work: join(work, server.id), report: doing.report, signal: doing.signal };
    if (original && runtime.foreign) {
      const there = await runtime.foreign.inspect(original.id);
      if (there && isUp(there.status)) await copyAhead(record, bringing);
      doing.signal.throwIfAborted();
      await layAside({ foreign: runtime.foreign, clock }, original, server, doing.report, doing.signal);
    }
    await bringFolders(record, bringing);
    doing.signal.throwIfAborted();
    const { state, readyAt } = { readyAt: undefined, ...(await lifecycle.create(server, doing)) };
    // Kept until the job has ended on the disk too: a job gone on with must not begin anew.
    const done = { ...record, direction: 'done' as const, ...(readyAt === undefined ? {} : { readyAt }) };
    await journal.write(done);
    await rm(join(work, server.id), { recursive: true, force: true });
    return { ...outcomeOf(done), state };
  };

  /** Undoes all, in this order: nothing of the original comes back before ours is gone. */
  const goBack = async (server: DesiredServer, record: AdoptionRecord, report: Doing['report']): Promise<string[]> => {
    await journal.write({ ...record, direction: 'back' });
    report({ step: 'putting everything back' });
    await lifecycle.remove(server, { report, signal: new AbortController().signal });
    const kept = await takeFoldersBack(record);
    await rm(join(work, server.id), { recursive: true, force: true });
    if (record.original && runtime.foreign) await putBack({ foreign: runtime.foreign }, record.original, report);
    await registry.forget(server.id);
    observer.forget(server.id);
    await journal.drop(server.id);
    return kept;
  };

  return {
    async adopt(server, request, doing) {
      const left = await journal.read(server.id);
      if (left?.direction === 'done') return outcomeOf(left);
      const record = left ?? (await begin(server, request));
      let cause: unknown = new ZedopsError('CONFLICT', `Adopting ${server.name} had failed before the agent was ended`);
      if (record.direction === 'on') {
        try {
          return await goOn(server, record, doing);
        } catch (error) {
          cause = error;
        }
      }
      let kept: readonly string[];
      try {
        kept = await goBack(server, record, doing.report);
      } catch (problem) {
        throw stuck(server, record, cause, problem);
      }
      throw undone(record, cause, kept);
    },
    async putBackLeft(isUnderWay) {
      for (const record of await journal.all()) {
        if (record.direction === 'on' || isUnderWay(record.jobId)) continue;
        const server = registry.find(record.serverId);
        if (record.direction === 'back' && server) await goBack(server, record, () => undefined);
        else await journal.drop(record.serverId);
      }
    },
  };
}

function outcomeOf({ original, readyAt }: AdoptionRecord): Adopted {
  return {
    state: readyAt === undefined ? 'stopped' : 'ready',
    ...(readyAt === undefined ? {} : { readyAt }),
    ...(original === undefined ? {} : { keptAs: original.keptAs }),
  };
}

/** Two adoptions of one container would fight over it. */
async function refuseTwice(journal: AdoptionJournal, originalId: string | undefined): Promise<void> {
  if (originalId === undefined) return;
  const other = (await journal.all()).find(
    ({ original, direction }) => original?.id === originalId && direction !== 'done',
  );
  if (!other) return;
  throw new ZedopsError('CONFLICT', `That container is being adopted as ${other.name} already`, {
    hint: `zedops job watch ${other.jobId}`,
  });
}

function undone({ original, name }: AdoptionRecord, cause: unknown, kept: readonly string[]): ZedopsError {
  const before = original === undefined ? 'all is as before' : `${original.name} is as it was`;
  const copies = kept.length === 0 ? '' : `; its copy is kept as ${kept.join(', ')}`;
  if (!(cause instanceof ZedopsError)) {
    return new ZedopsError('INTERNAL', `${name} could not be adopted; ${before}${copies}`, { cause });
  }
  return new ZedopsError(cause.code, `${cause.message}; ${before}${copies}`, { hint: cause.hint, cause });
}

function stuck(server: DesiredServer, { original }: AdoptionRecord, cause: unknown, problem: unknown): ZedopsError {
  const why = cause instanceof ZedopsError ? cause.message : 'it failed';
  const what = problem instanceof ZedopsError ? problem.message : String(problem);
  return new ZedopsError(
    'CONFLICT',
    `${server.name} could not be adopted (${why}), and not everything could be put back: ${what}`,
    {
      hint: `the agent tries again at its next start${original === undefined ? '' : `; docker ps -a shows ${original.keptAs}`}`,
      cause: problem,
    },
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
