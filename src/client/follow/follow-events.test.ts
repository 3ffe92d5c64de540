import { expect, test } from 'vitest';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { eventList } from '../../protocol/operations/event.ts';
import { createFakeManager, type FakeAnswer, type FakeManager } from '../fake-manager.ts';
import { followEvents } from './follow-events.ts';

const hurried: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(_, task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
  every: () => () => undefined,
};

const event = (id: number) => ({
  id,
  at: '2026-11-21T18:00:00.000Z',
  kind: 'ready',
  text: `event ${id}`,
  hostId: 'h1',
  host: 'box-1',
});

function follow(answer: FakeAnswer) {
  const ending = new AbortController();
  const manager: FakeManager = createFakeManager({ 'event.list': answer }, hurried);
  const seen: number[] = [];
  const states: string[] = [];
  const outcome = followEvents(
    { server: 'alpha', limit: 1 },
    {
      open: () => manager.open(),
      take({ id }) {
        seen.push(id);
        if (id === 3) ending.abort();
      },
      onConnection: (state) => void states.push(state),
      clock: hurried,
      signal: ending.signal,
    },
  );
  return { manager, outcome, seen, states };
}

test('events are followed through a manager that is lost, from the last one seen', async () => {
  const bed = follow(({ data, progress }) => {
    const { after } = eventList.request.parse(data);
    progress({ events: [event((after ?? 0) + 1)], last: (after ?? 0) + 1 });
    if ((after ?? 0) < 2) bed.manager.cut();
    return new Promise(() => undefined);
  });
  await expect(bed.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(bed.seen).toEqual([1, 2, 3]);
  expect(bed.states).toEqual(['lost', 'back', 'lost', 'back']);
  expect(bed.manager.asked.map(({ data }) => eventList.request.parse(data).after)).toEqual([undefined, 1, 2]);
});

test('a refusal ends it', async () => {
  const bed = follow(() => {
    throw new ZedopsError('NOT_FOUND', 'There is no server alpha');
  });
  await expect(bed.outcome).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(bed.manager.asked).toHaveLength(1);
});
