import { expect, test } from 'vitest';
import { eventOfJob } from './job-events.ts';

const job = {
  ...{ id: 'j', subject: 'server.start', serverId: 's', serverName: 'alpha', actor: 'ann', state: 'done' as const },
  ...{ startedAt: '2026-01-02T03:04:05.000Z', endedAt: '2026-01-10T03:04:05.000Z' },
};

test('how long a job took does not come from a clock that may have been set meanwhile', () => {
  expect(eventOfJob({ ...job, tookMs: 12_345 }).text).toBe('server.start on alpha done after 12 s');
  expect(eventOfJob({ ...job, recovered: 'resumed' }).text).toBe('server.start on alpha done');
});
