import type { ReactElement } from 'react';
import { JobTable } from '../JobTable.tsx';
import { useJobs } from '../use-jobs.ts';
import type { TabProps } from './tab-props.ts';

/** What is done with a server and how far it is, and what was done. */
export function ServerJobs({ server, rows }: TabProps): ReactElement {
  const seen = useJobs(server.hostId);
  const mine = seen.jobs?.filter(({ serverId }) => serverId === server.id);
  return <JobTable seen={{ ...seen, jobs: mine }} rows={rows} empty={`${server.name} has no job on record`} />;
}
