import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createShutdown } from './shutdown.ts';

function start(deadlineMs = 5_000) {
  const source = new EventEmitter();
  const problems: string[] = [];
  const ran: string[] = [];
  const shutdown = createShutdown({
    deadlineMs,
    onProblem: (name, error) => problems.push(`${name}: ${error instanceof Error ? error.message : error}`),
    source,
  });
  return { source, problems, ran, shutdown };
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('%s runs the tasks, last added first, one after another', async (signal) => {
  const { source, ran, shutdown, problems } = start();
  shutdown.add('first', () => void ran.push('first'));
  shutdown.add('second', async () => {
    await new Promise(setImmediate);
    ran.push('second');
  });
  source.emit(signal);
  expect(shutdown.signal.aborted).toBe(true);
  await shutdown.done;
  expect(ran).toEqual(['second', 'first']);
  expect(problems).toEqual([]);
});

test('a task that fails is reported and stops no other', async () => {
  const { ran, shutdown, problems } = start();
  shutdown.add('first', () => void ran.push('first'));
  shutdown.add('bad', () => {
    throw new Error('disk full');
  });
  shutdown.add('worse', () => Promise.reject(new Error('gone')));
  await shutdown.end();
  expect(ran).toEqual(['first']);
  expect(problems).toEqual(['worse: gone', 'bad: disk full']);
});

test('a task that hangs holds it up no longer than the deadline', async () => {
  const { shutdown, problems } = start(20);
  shutdown.add('hangs', () => new Promise(() => undefined));
  await shutdown.end();
  expect(problems).toEqual(['shutdown: not done after 20 ms']);
});

test('ending twice is ending once, and no listener stays behind', async () => {
  const { source, ran, shutdown } = start();
  shutdown.add('once', () => void ran.push('once'));
  await Promise.all([shutdown.end(), shutdown.end(), shutdown.done]);
  await shutdown.end();
  expect(ran).toEqual(['once']);
  expect(source.eventNames()).toEqual([]);
});
