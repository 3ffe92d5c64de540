import { readIfThere } from '../../platform/files/atomic-file.ts';
import { Job } from '../../protocol/entities/job.ts';

/** A job that an earlier process of this agent left running. */
export interface LeftJob {
  readonly job: Job;
  readonly input: unknown;
  /** Whether it was cancelled before this agent was ended. */
  readonly wasCancelled: boolean;
}

/** Reads the record of a job; undefined for one that is not there or cannot be read. */
export async function readJobRecord(path: string): Promise<LeftJob | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    return {
      job: Job.parse(Reflect.get(value, 'job')),
      input: Reflect.get(value, 'input'),
      wasCancelled: Reflect.get(value, 'wasCancelled') === true,
    };
  } catch {
    return undefined;
  }
}
