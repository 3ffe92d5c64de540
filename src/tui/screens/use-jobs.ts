import { useEffect, useState } from 'react';
import type { Session } from '../../client/connect/session.ts';
import { causeOf } from '../../client/follow/outage.ts';
import type { Job, Step } from '../../protocol/entities/job.ts';
import { jobList, jobWatch } from '../../protocol/operations/job.ts';
import { useTui, useTuiState } from '../context.ts';

/** Jobs as they go on. */
export interface SeenJobs {
  /** Newest first; undefined before they were told. */
  readonly jobs: readonly Job[] | undefined;
  /** Hosts whose jobs are not among them. */
  readonly silentHosts: readonly string[];
  readonly problem: string | undefined;
}

/** Jobs that are followed step by step at once; of others it is told that they run. */
const mostWatched = 8;

/** The jobs of the fleet, or of one host: asked for when something begins or ends, the running ones followed. */
export function useJobs(hostId: string | undefined): SeenJobs {
  const { client } = useTui();
  const { servers, link } = useTuiState();
  const [seen, setSeen] = useState<SeenJobs>({ jobs: undefined, silentHosts: [], problem: undefined });
  const [steps, setSteps] = useState<ReadonlyMap<string, Step>>(new Map());
  const [ended, setEnded] = useState(0);
  const doing = [...servers.values()].map(({ id, doing: what = '' }) => `${id} ${what}`).join('\n');
  const isLive = link.state === 'live';

  // biome-ignore lint/correctness/useExhaustiveDependencies: `doing` and `ended` say that there is something new to ask for
  useEffect(() => {
    if (!client || !isLive) return undefined;
    const ending = new AbortController();
    client.call(jobList, hostId === undefined ? {} : { host: hostId }, ending.signal).then(
      ({ jobs, silentHosts }) => setSeen({ jobs, silentHosts, problem: undefined }),
      (error: unknown) => {
        if (ending.signal.aborted) return;
        const problem = error instanceof Error ? error.message : String(error);
        setSeen((before) => ({ ...before, problem }));
      },
    );
    return () => ending.abort();
  }, [client, hostId, isLive, doing, ended]);

  const running = (seen.jobs ?? []).filter(({ state }) => state === 'running').map(({ id }) => id);
  const watched = running.slice(0, mostWatched).join(' ');
  useEffect(() => {
    if (!client || !isLive || watched === '') return undefined;
    const ending = new AbortController();
    const { signal } = ending;
    const watch = async (session: Session, job: string): Promise<void> => {
      const onProgress = (step: Step): void => setSteps((before) => new Map(before).set(job, step));
      await session.peer.request(jobWatch, { job }, { signal, onProgress });
      setEnded((count) => count + 1);
    };
    const follow = async (): Promise<void> => {
      const session = await client.open(signal);
      signal.addEventListener('abort', () => session.close(), { once: true });
      try {
        await Promise.all(watched.split(' ').map((job) => watch(session, job)));
      } catch (error) {
        throw await causeOf(session, error);
      } finally {
        session.close();
      }
    };
    follow().catch((error: unknown) => {
      if (signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      setSeen((before) => ({ ...before, problem }));
    });
    return () => ending.abort();
  }, [client, isLive, watched]);

  const jobs = seen.jobs?.map((job) => {
    const step = job.state === 'running' ? steps.get(job.id) : undefined;
    return step === undefined ? job : { ...job, step };
  });
  return { ...seen, jobs };
}
