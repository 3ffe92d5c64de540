import { Box } from 'ink';
import type { ReactElement } from 'react';
import { Footer, Header } from '../components/Chrome.tsx';
import { JobTable } from './JobTable.tsx';
import { useJobs } from './use-jobs.ts';

/** What runs in the fleet and how far it is, and what ran. */
export function Jobs({ rows }: { readonly rows: number }): ReactElement {
  const seen = useJobs(undefined);
  const running = seen.jobs?.filter(({ state }) => state === 'running').length ?? 0;
  return (
    <Box flexDirection="column">
      <Header title={['jobs', running === 0 ? '' : ` · ${running} running`]} />
      <JobTable seen={seen} rows={rows - 2} empty="No host has a job on record" />
      <Footer places={['jobs', 'everywhere']} />
    </Box>
  );
}
