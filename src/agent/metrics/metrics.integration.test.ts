import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { HostReading } from '../../protocol/entities/metrics.ts';
import { agentMetrics, hostMetrics, serverMetrics } from '../../protocol/operations/metrics.ts';
import { serverStart } from '../../protocol/operations/server.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';

let bed: AgentBed;
beforeEach(async () => {
  bed = await createAgentBed();
});
afterEach(() => bed.dispose());

test('an agent measures its host and the servers that run, and keeps how it was', async () => {
  const server = bed.server();
  expect(serverMetrics.reply.parse(await bed.ask(serverMetrics, server))).toEqual({ trend: [] });
  bed.fake.setUsage('s1', { cpuSeconds: 7, memoryBytes: 1_000, memoryLimitBytes: 4_000 });
  await bed.ask(serverStart, server);
  await eventually('its metrics', async () => {
    const { now, trend } = serverMetrics.reply.parse(await bed.ask(serverMetrics, server));
    if (now === undefined) return false;
    expect(now).toMatchObject({ memoryBytes: 1_000, memoryLimitBytes: 4_000, startedAt: expect.any(String) });
    return trend.length > 0;
  });
  const { now: host } = hostMetrics.reply.parse(await bed.ask(hostMetrics, server, { input: { host: 'box-1' } }));
  expect(host.disks[0]?.folders.map(({ use }) => use)).toContain('data-root');
  expect(host.disks[0]?.totalBytes).toBeGreaterThan(0);
});

test('whoever follows has a reading at once', async () => {
  const readings: HostReading[] = [];
  const ending = new AbortController();
  const following = bed
    .manager()
    .request(agentMetrics, { follow: true }, { signal: ending.signal, onProgress: (one) => void readings.push(one) });
  await eventually('a reading', async () => readings.length > 0);
  ending.abort();
  await expect(following).rejects.toMatchObject({ code: 'CANCELLED' });
});
