import { expect, test } from 'vitest';
import { type Selectable, selectServers } from './select-servers.ts';

function row(name: string, change: Partial<Selectable['summary']>, players?: number): Selectable {
  const summary: Selectable['summary'] = {
    id: name,
    name,
    host: 'box-1',
    state: 'ready',
    image: 'zomboid',
    ports: [],
    pending: false,
  };
  return { summary: { ...summary, ...change }, hostTags: [], players };
}

test('who is online decides, as far as it is known now', () => {
  const rows = [
    row('alpha', {}, 0),
    row('beta', {}, 3),
    row('gamma', {}),
    row('delta', { staleSeconds: 90 }, 0),
    row('epsilon', { state: 'stopped' }),
    row('zeta', { state: 'starting' }, 0),
  ];
  const { servers, undecided } = selectServers('players=0', rows);
  expect(servers.map(({ name }) => name)).toEqual(['alpha', 'epsilon']);
  expect(undecided).toEqual(['gamma', 'delta', 'zeta']);
  expect(selectServers('players=3', rows).servers.map(({ name }) => name)).toEqual(['beta']);
});
