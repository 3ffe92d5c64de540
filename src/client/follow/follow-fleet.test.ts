import { expect, test } from 'vitest';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createFakeManager, type FakeAnswer } from '../fake-manager.ts';
import { followFleet } from './follow-fleet.ts';

const hurried: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(_, task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
  every: () => () => undefined,
};

function follow(answer: FakeAnswer, most: number) {
  const ending = new AbortController();
  const manager = createFakeManager({ 'fleet.watch': answer }, hurried);
  const lost: string[] = [];
  let pieces = 0;
  const outcome = followFleet({
    open: () => manager.open(),
    take() {
      pieces += 1;
      if (pieces === most) ending.abort();
    },
    onLost: (why) => void lost.push(why),
    clock: hurried,
    signal: ending.signal,
  });
  return { manager, outcome, lost, pieces: () => pieces };
}

const first = { isFirst: true, isWhole: true, servers: [], hosts: [], goneServers: [], goneHosts: [] };

test('the fleet is followed through a manager that is lost, and told anew each time', async () => {
  const bed = follow(({ progress }) => {
    progress(first);
    setImmediate(() => bed.manager.cut());
    return new Promise(() => undefined);
  }, 3);
  await expect(bed.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(bed.pieces()).toBe(3);
  expect(bed.lost).toHaveLength(2);
});

test('a manager that is not there at first is waited for', async () => {
  const bed = follow(({ progress }) => {
    progress(first);
    return new Promise(() => undefined);
  }, 1);
  bed.manager.isDown = true;
  setTimeout(() => {
    bed.manager.isDown = false;
  }, 20);
  await expect(bed.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(bed.pieces()).toBe(1);
});

test('a refusal ends it', async () => {
  const bed = follow(() => {
    throw new ZedopsError('FORBIDDEN', 'not for you');
  }, 1);
  await expect(bed.outcome).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
