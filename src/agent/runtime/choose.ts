import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { RuntimeKind } from '../../protocol/entities/host.ts';
import type { Runtime } from './runtime.ts';

/** What {@link chooseRuntime} needs. */
export interface ChooseOptions {
  /** `docker`, `process`, or `auto`: Docker where an engine answers. */
  readonly wanted: string;
  /** The agent's folder, where the choice of `auto` is kept. */
  readonly folder: string;
  readonly docker: () => Promise<Runtime>;
  readonly process: () => Promise<Runtime>;
  readonly log: Log;
}

/**
 * Opens the runtime that is wanted. What `auto` chose once stays chosen: an engine that does not answer at the next start
 * is down, and its servers must not be looked for among processes.
 */
export async function chooseRuntime({ wanted, folder, docker, process, log }: ChooseOptions): Promise<Runtime> {
  const file = join(folder, 'runtime');
  const asked = RuntimeKind.safeParse(wanted);
  const kept = RuntimeKind.safeParse((await readIfThere(file))?.trim());
  const kind = asked.data ?? kept.data;
  if (kind !== undefined) return kind === 'docker' ? docker() : process();
  const engine = await docker();
  try {
    const version = await engine.version();
    log.info({ version }, 'a Docker engine answers; servers run in containers');
    await writeAtomically(file, 'docker\n');
    return engine;
  } catch (error) {
    await engine.close();
    const why = error instanceof Error ? error.message : String(error);
    log.warn({}, `no Docker engine answers (${why}); servers run as processes`);
    await writeAtomically(file, 'process\n');
    return process();
  }
}
