import { expect, test } from 'vitest';
import { moment } from './format.ts';
import { rconText } from './rcon-text.ts';

const since = '2026-01-02T03:00:00.000Z';
const evidence = { at: since, container: true } as const;

test('says by which way RCON is reached, and how its session is', () => {
  const link = (state: 'connected' | 'refused' | 'unreachable') => ({ rconLink: { state, since } });
  expect(rconText(evidence)).toBeUndefined();
  expect(rconText({ ...evidence, rconWay: 'address', ...link('connected') })).toBe(
    `reached by its address, connected since ${moment(since)}`,
  );
  expect(rconText({ ...evidence, rconWay: 'published-port', ...link('refused') })).toBe(
    `reached by a port on the loopback address of its host, password refused since ${moment(since)}`,
  );
  expect(rconText({ ...evidence, rconWay: 'exec' })).toBe('reached through a program in the container');
  expect(rconText({ ...evidence, ...link('unreachable') })).toBe(`not reached since ${moment(since)}`);
});
