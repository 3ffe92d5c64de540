import { expect, test } from 'vitest';
import * as z from 'zod';
import { ZedopsError } from './errors.ts';
import { type HandlerContext, handle, handlerTable, handleWith, noProgress } from './handlers.ts';
import { operation } from './operation.ts';
import { operations } from './operations/index.ts';

const common = { runsOn: 'agent', audience: 'peer', target: 'fleet', permission: 'none', effect: 'read' } as const;
const add = operation({
  ...common,
  subject: 'test.add',
  summary: 'Add',
  request: z.object({ a: z.int(), b: z.int().default(1) }),
  progress: z.object({ carry: z.int() }),
  reply: z.object({ sum: z.int() }),
  timeoutMs: 1000,
});
const rest = operation({
  ...common,
  subject: 'test.rest',
  summary: 'Rest',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({}),
  timeoutMs: 1000,
});

const context: HandlerContext = { id: '1', signal: new AbortController().signal, progress: () => undefined };

test('parses on both sides of a handler', async () => {
  const seen: unknown[] = [];
  const bound = handle(add, async ({ a, b }, { progress }) => {
    progress({ carry: 0 });
    return { sum: a + b, extra: 'dropped' };
  });
  const progress = (data: unknown): void => void seen.push(data);
  await expect(bound.run({ a: 1, evil: 1 }, { ...context, progress })).resolves.toEqual({ sum: 2 });
  expect(seen).toEqual([{ carry: 0 }]);
  await expect(bound.run({ a: 'x' }, context)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('test.add: a:'),
  });
});

test('a reply that does not fit is a bug of ours, never the asker’s', async () => {
  const bound = handle(add, async () => ({ sum: 1.5 }));
  const error: unknown = await bound.run({ a: 1 }, context).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(ZedopsError);
});

test('handleWith gives every handler of a room the same context', async () => {
  const inRoom = handleWith<HandlerContext & { readonly room: string }>();
  const bound = inRoom(rest, async (_, { room }) => {
    expect(room).toBe('cellar');
    return {};
  });
  await bound.run({}, { ...context, room: 'cellar' });
  expect.assertions(1);
});

test('a table holds every handler by its subject', () => {
  const table = handlerTable<typeof add | typeof rest>()([
    handle(add, async () => ({ sum: 1 })),
    handle(rest, async () => ({})),
  ]);
  expect([...table.keys()]).toEqual(['test.add', 'test.rest']);
});

test('what does not compile', () => {
  const complete = handlerTable<typeof add | typeof rest>();
  // @ts-expect-error test.rest has no handler: the type names it.
  complete([handle(add, async () => ({ sum: 1 }))]);
  // @ts-expect-error a reply of the wrong shape.
  handle(add, async () => ({ sum: 'one' }));
  handle(add, async (_, { progress }) => {
    // @ts-expect-error progress of the wrong shape.
    progress({ carry: 'one' });
    return { sum: 1 };
  });
  handle(rest, async (_, { progress }) => {
    // @ts-expect-error an operation without progress cannot send any.
    progress({});
    return {};
  });
});

test('subjects are dotted nouns and verbs, each once, and every operation is frozen data', () => {
  const subjects = operations.map(({ subject }) => subject);
  expect(new Set(subjects).size).toBe(subjects.length);
  for (const one of operations) {
    expect(one.subject).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
    expect(one.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(Object.isFrozen(one)).toBe(true);
    expect(Number.isInteger(one.timeoutMs) && one.timeoutMs >= 0).toBe(true);
    if (one.lasting === 'job') expect(one.lock, one.subject).toBe('server');
    if (one.lock !== undefined) expect(one.runsOn, one.subject).toBe('agent');
  }
});
