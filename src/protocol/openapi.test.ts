import { expect, test } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations/index.ts';

const Document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ version: z.string() }),
  paths: z.record(
    z.string(),
    z.object({
      post: z.object({
        operationId: z.string(),
        security: z.array(z.record(z.string(), z.array(z.string()))),
        requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema: z.unknown() }) }) }),
        responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()).optional() })),
      }),
    }),
  ),
});

const document = Document.parse(openApiDocument('1.2.3'));

test('holds every operation people may ask for, and no other', () => {
  const wanted = operations
    .filter(({ audience }) => audience === 'people' || audience === 'nobody')
    .map(({ subject }) => `/v1/${subject}`);
  expect(Object.keys(document.paths)).toEqual(wanted);
  expect(Object.keys(document.paths)).not.toContain('/v1/agent.watch');
  expect(Object.keys(document.paths)).not.toContain('/v1/host.renew');
});

test('asks for a token everywhere but where nobody has one yet', () => {
  const open = Object.values(document.paths).filter(({ post }) => post.security.length === 0);
  expect(open.map(({ post }) => post.operationId).sort()).toEqual(['host.join', 'session.start']);
});

test('lets a caller leave out what has a default', () => {
  const { schema } = document.paths['/v1/audit.list']?.post.requestBody.content['application/json'] ?? {};
  expect(z.object({ required: z.array(z.string()).optional() }).parse(schema).required ?? []).not.toContain('limit');
});

test('offers a stream of lines where an operation has progress', () => {
  expect(document.paths['/v1/server.stop']?.post.responses['200']?.content).toHaveProperty('application/x-ndjson');
  expect(document.paths['/v1/server.show']?.post.responses['200']?.content).not.toHaveProperty('application/x-ndjson');
});

test('is the same each time, and all of its references lead somewhere', () => {
  const text = JSON.stringify(openApiDocument('1'));
  expect(JSON.stringify(openApiDocument('1'))).toBe(text);
  const references = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => [kind, name]),
  );
  const { components } = z
    .object({ components: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(text));
  for (const [kind, name] of references) expect(components[kind ?? '']).toHaveProperty(name ?? '');
});
