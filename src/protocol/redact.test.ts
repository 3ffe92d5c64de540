import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { operations } from './operations/index.ts';
import { redact, secret } from './redact.ts';

const canary = 'canary-7f3a9c';
const hidden = secret(z.string());
const branch = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), text: z.string() }),
  z.object({ kind: z.literal('closed'), key: hidden }),
]);
interface Tree {
  readonly key?: string | undefined;
  readonly below?: Tree | undefined;
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ key: hidden.optional(), below: tree.optional() }));

/** Every way a schema can stand around a secret, with a value that has it there. */
const around: Record<string, readonly [z.ZodType, unknown]> = {
  itself: [hidden, canary],
  optional: [hidden.optional(), canary],
  'marked after optional': [secret(z.string().optional()), canary],
  nullable: [hidden.nullable(), canary],
  nullish: [hidden.nullish(), canary],
  default: [hidden.default('x'), canary],
  prefault: [hidden.prefault('x'), canary],
  readonly: [hidden.readonly(), canary],
  catch: [hidden.catch('x'), canary],
  nonoptional: [hidden.optional().nonoptional(), canary],
  branded: [hidden.brand<'Key'>(), canary],
  'described afterwards': [hidden.describe('a key'), canary],
  'with meta afterwards': [hidden.meta({ title: 'key' }), canary],
  'narrowed afterwards': [hidden.min(1).max(99), canary],
  'refined afterwards': [hidden.refine((key) => key !== ''), canary],
  'in an object': [z.object({ a: hidden, b: z.object({ c: hidden }) }), { a: canary, b: { c: canary } }],
  'in a loose object': [z.looseObject({ a: z.string() }), { a: 'x', other: canary }],
  'in a strict object': [z.strictObject({ a: hidden }), { a: canary }],
  'in a catchall': [z.object({ a: z.string() }).catchall(hidden), { a: 'x', other: canary }],
  'as an unknown key': [z.object({ a: z.string() }), { a: 'x', other: canary }],
  'an extended object': [z.object({ a: hidden }).extend({ b: z.string() }), { a: canary, b: 'x' }],
  'a partial object': [z.object({ a: hidden }).partial(), { a: canary }],
  'an array': [z.array(hidden), [canary, canary]],
  'an array marked whole': [secret(z.array(z.string())), [canary]],
  'a tuple': [z.tuple([z.string(), hidden]), ['x', canary]],
  'the rest of a tuple': [z.tuple([z.string()], hidden), ['x', canary, canary]],
  'beyond a tuple': [z.tuple([z.string()]), ['x', canary]],
  'a record': [z.record(z.string(), hidden), { a: canary }],
  'a record marked whole': [secret(z.record(z.string(), z.string())), { a: canary }],
  'the keys of a record': [z.record(secret(z.string()), z.string()), { [canary]: 'x' }],
  'a map': [z.map(z.string(), hidden), new Map([['a', canary]])],
  'a set': [z.set(hidden), new Set([canary])],
  'a union': [z.union([z.number(), hidden]), canary],
  'a union of which both sides fit': [z.union([z.string(), hidden]), canary],
  'a union of objects': [z.union([z.object({ a: z.string() }), z.object({ b: hidden })]), { b: canary }],
  'a discriminated union': [branch, { kind: 'closed', key: canary }],
  'a union the value fits nowhere': [z.union([z.object({ a: z.string() }), z.number()]), { b: canary }],
  'an intersection': [z.intersection(z.object({ a: z.string() }), z.object({ b: hidden })), { a: 'x', b: canary }],
  'a pipe': [hidden.pipe(z.string()), canary],
  'the end of a pipe': [z.string().pipe(hidden), canary],
  'a transform': [hidden.transform((key) => key.length), canary],
  'a transform of an object': [z.object({ a: hidden }).transform(({ a }) => a), { a: canary }],
  'what a transform made': [z.string().transform((text) => ({ text })), { text: canary }],
  'a preprocessed value': [z.preprocess((value) => value, hidden), canary],
  'a codec': [z.codec(hidden, z.string(), { decode: (a) => a, encode: (a) => a }), canary],
  'a template literal': [z.templateLiteral(['key ', hidden]), `key ${canary}`],
  'a lazy schema': [tree, { key: canary, below: { key: canary, below: { key: canary } } }],
  'a lazy schema in a union': [z.union([tree, z.number()]), { below: { key: canary } }],
  unknown: [z.unknown(), { a: canary }],
  any: [z.any(), canary],
  custom: [z.custom(() => true), canary],
  'a value of another kind: object for text': [z.object({ a: z.string() }), { a: { b: canary } }],
  'a value of another kind: list for object': [z.object({ a: z.string() }), [canary]],
  'a value of another kind: text for object': [z.object({ a: hidden }), canary],
  'a value of another kind: text for list': [z.array(hidden), canary],
  'a value of another kind: text for record': [z.record(z.string(), hidden), canary],
};

test.each(Object.entries(around))('hides a secret: %s', (_, [schema, value]) => {
  expect(JSON.stringify(redact(schema, value))).not.toContain(canary);
  expect(JSON.stringify(redact(z.object({ field: schema }), { field: value }))).not.toContain(canary);
  expect(JSON.stringify(redact(z.array(schema.optional()), [value]))).not.toContain(canary);
});

describe('what is not secret', () => {
  test.each([
    [z.string(), 'alpha'],
    [z.string().trim().toLowerCase().pipe(z.email()), 'a@example.org'],
    [z.iso.datetime(), '2026-01-01T00:00:00Z'],
    [z.int().min(1), 7],
    [z.boolean().default(true), false],
    [z.enum(['a', 'b']).optional(), 'a'],
    [z.literal('a'), 'a'],
    [z.string().nullable(), null],
    [z.string().optional(), undefined],
    [z.record(z.string(), z.int()), { a: 1 }],
    [z.tuple([z.string(), z.int()]), ['a', 1]],
    [z.union([z.enum(['begun', 'ok']), z.int()]), 'ok'],
    [branch.options[0], { kind: 'open', text: 'x' }],
    [z.array(z.object({ kind: z.literal('lines'), n: z.int() })), [{ kind: 'lines', n: 1 }]],
  ])('is shown as it is: %#', (schema, value) => {
    expect(redact(schema, value)).toEqual(value);
  });
});

test('keeps the names of what was set', () => {
  const schema = z.object({ env: secret(z.record(z.string(), z.string())), code: hidden.optional() });
  expect(redact(schema, { env: { RCON_PASSWORD: canary }, code: canary })).toEqual({
    env: { RCON_PASSWORD: 'set' },
    code: 'set',
  });
});

test('leaves the value it was given alone', () => {
  const value = Object.freeze({ a: canary });
  redact(z.object({ a: hidden }), value);
  expect(value).toEqual({ a: canary });
});

/** Values that fit a schema, with every text below a secret made of the canary. Enough for the schemas operations use. */
function valueFor(schema: z.core.$ZodType, inSecret: boolean): fc.Arbitrary<unknown> {
  const isHidden = inSecret || redact(schema, canary) === 'set';
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return fc.option(valueFor(schema._zod.def.innerType, inSecret), { nil: undefined });
  }
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, z.core.$ZodType> = schema._zod.def.shape;
    return fc.record(Object.fromEntries(Object.entries(shape).map(([key, inner]) => [key, valueFor(inner, inSecret)])));
  }
  if (schema instanceof z.ZodArray) return fc.array(valueFor(schema._zod.def.element, inSecret), { maxLength: 2 });
  if (schema instanceof z.ZodRecord) {
    const secretRecord = inSecret || JSON.stringify(redact(schema, { a: 'x' })) === '{"a":"set"}';
    return fc.dictionary(
      fc.constantFrom('RCON_PASSWORD', 'toString', '__proto__', 'A'),
      secretRecord ? fc.constant(canary) : fc.constant('x'),
    );
  }
  if (schema instanceof z.ZodUnion) return fc.oneof(...schema._zod.def.options.map((one) => valueFor(one, inSecret)));
  if (isHidden && schema instanceof z.ZodString) return fc.constantFrom(canary, `${canary}-and-more`);
  return fc.constantFrom<unknown>('alpha', 1, true);
}

/** Paths of the secret fields of a schema: the test would be idle if it found none. */
function secretPaths(schema: z.core.$ZodType, path: string): string[] {
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, z.core.$ZodType> = schema._zod.def.shape;
    return Object.entries(shape).flatMap(([key, inner]) => secretPaths(inner, `${path}.${key}`));
  }
  if (schema instanceof z.ZodArray) return secretPaths(schema._zod.def.element, `${path}[]`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return secretPaths(schema._zod.def.innerType, path);
  }
  if (schema instanceof z.ZodUnknown) return [];
  if (schema instanceof z.ZodRecord) return JSON.stringify(redact(schema, { a: 'x' })) === '{"a":"set"}' ? [path] : [];
  return redact(schema, 'x') === 'set' && z.safeParse(schema, 'x'.repeat(12)).success ? [path] : [];
}

test('names the secrets of the operations there are', () => {
  const paths = operations.flatMap(({ subject, request, reply }) => [
    ...secretPaths(request, `${subject} request`),
    ...secretPaths(reply, `${subject} reply`),
  ]);
  expect(paths.toSorted()).toEqual([
    'agent.adoption reply.env',
    'agent.adoption reply.imageEnv',
    'agent.adoption reply.worlds[].ini',
    'agent.crash reply.spec.env',
    'agent.watch request.desired[].env',
    'agent.world-step request.server.env',
    'crash.show reply.spec.env',
    'host.invite reply.code',
    'host.join request.code',
    'player.whitelist-add request.password',
    'relocation.step reply.server.env',
    'server.adopt request.composeEnv',
    'server.adopt request.env',
    'server.adopt-plan request.composeEnv',
    'server.adopt-plan request.env',
    'server.clone request.env',
    'server.create request.env',
    'server.edit request.set',
    'server.plan request.env',
    'server.retry request.env',
    'server.retry request.set',
    'server.show reply.server.env',
    'session.start reply.token',
    'session.start request.code',
    'session.start request.password',
    'token.create reply.secret',
    'user.add reply.code',
    'user.password request.current',
    'user.password request.next',
  ]);
});

test.each(operations.map((operation) => [operation.subject, operation] as const))(
  'shows no secret of %s',
  (_, { request, reply }) => {
    for (const schema of [request, reply]) {
      fc.assert(
        fc.property(valueFor(schema, false), (value) => {
          expect(JSON.stringify(redact(schema, value)) ?? '').not.toContain(canary);
        }),
        { numRuns: 50 },
      );
    }
  },
);
