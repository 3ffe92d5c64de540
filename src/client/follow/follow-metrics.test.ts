import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import type { MetricsNews } from '../../protocol/entities/metrics.ts';
import { createFakeManager } from '../fake-manager.ts';
import { followMetrics } from './follow-metrics.ts';

test('metrics are followed through a lost connection', async () => {
  const clock = createFakeClock(0);
  const news: MetricsNews[] = [];
  const manager = createFakeManager(
    {
      'fleet.metrics'({ data, progress }) {
        expect(data).toEqual({ follow: true });
        progress({ isFirst: true, hosts: [], servers: [], goneHosts: [], goneServers: [] });
        return new Promise(() => undefined);
      },
    },
    clock,
  );
  const ending = new AbortController();
  const following = followMetrics({
    open: () => manager.open(),
    take: (piece) => void news.push(piece),
    clock,
    signal: ending.signal,
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let round = 0; round < 200 && !isSo(); round += 1) {
      await turn();
      clock.advance(100);
    }
    expect(isSo()).toBe(true);
  };
  await until(() => news.length === 1);
  manager.cut();
  await until(() => news.length === 2);
  ending.abort();
  await expect(following).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('an older manager has none, and that is no failure', async () => {
  const clock = createFakeClock(0);
  const manager = createFakeManager({}, clock);
  const take = (): void => expect.unreachable();
  await followMetrics({ open: () => manager.open(), take, clock, signal: new AbortController().signal });
});
