import { expect, test } from 'vitest';
import { someHost, someServer } from '../tui-bed.ts';
import { type Change, firstState, reduce, routeOf, type TuiState } from './state.ts';

const after = (...changes: readonly Change[]): TuiState => changes.reduce(reduce, firstState(0));
const first = (at = 1): Change => ({
  kind: 'fleet',
  at,
  news: {
    isFirst: true,
    isWhole: true,
    servers: [someServer('alpha'), someServer('bravo')],
    hosts: [someHost('box-1')],
    goneServers: [],
    goneHosts: [],
  },
});
const event = (id: number) => ({
  id,
  at: '2026-11-21T15:00:00.000Z',
  kind: 'ready',
  text: 't',
  hostId: 'h1',
  host: 'b',
});

test('the first piece replaces what was known, and others add to it', () => {
  const state = after(first(), {
    kind: 'fleet',
    at: 5,
    news: {
      isFirst: false,
      isWhole: true,
      servers: [someServer('bravo', { state: 'stopped' })],
      hosts: [],
      goneServers: ['id-alpha'],
      goneHosts: [],
    },
  });
  expect([...state.servers.values()].map(({ name, state: word, seenAt }) => [name, word, seenAt])).toEqual([
    ['bravo', 'stopped', 5],
  ]);
  expect(reduce(state, first(9)).servers.size).toBe(2);
});

test('an outage counts from when it began, and the first word ends it', () => {
  const lost = (since: number): Change => ({ kind: 'link', link: { state: 'lost', since, why: 'gone' } });
  const state = after(first(), lost(10), lost(20));
  expect(state.link).toEqual({ state: 'lost', since: 10, why: 'gone' });
  expect(state.servers.size).toBe(2);
  expect(reduce(state, first(30)).link.state).toBe('live');
});

test('events come once, and the oldest are forgotten', () => {
  const state = after(
    { kind: 'events', events: [event(1), event(2)], at: 1 },
    { kind: 'events', events: [event(2), event(3)], at: 2 },
  );
  expect(state.events.map(({ id }) => id)).toEqual([1, 2, 3]);
  const many = Array.from({ length: 900 }, (_, index) => event(index + 4));
  const full = reduce(state, { kind: 'events', events: many, at: 3 });
  expect(full.events).toHaveLength(500);
  expect(full.events.at(-1)?.id).toBe(903);
});

test('one goes somewhere and comes back, but never further than the first screen', () => {
  const there = after(
    { kind: 'go', route: { screen: 'server', id: 'x', tab: 'logs' } },
    { kind: 'tab', tab: 'events' },
  );
  expect(routeOf(there)).toEqual({ screen: 'server', id: 'x', tab: 'events' });
  const back = reduce(reduce(there, { kind: 'back' }), { kind: 'back' });
  expect(routeOf(back)).toEqual({ screen: 'fleet' });
});
