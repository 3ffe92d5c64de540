import * as z from 'zod';
import { ErrorCode, errorCodes, WireError } from './errors.ts';
import { noProgress } from './handlers.ts';
import type { OperationShape } from './operation.ts';
import { operations } from './operations/index.ts';

/** A JSON value, as far as a document of ours is one. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The name under which the document refers to bearer tokens. */
const bearer = 'bearer';

/**
 * The OpenAPI 3.1 document of `POST /v1/<subject>`: every operation people may ask for, worked out from the operations
 * alone. The same program always makes the same document.
 */
export function openApiDocument(version: string): Json {
  const asked = operations.filter(({ audience }) => audience === 'people' || audience === 'nobody');
  return {
    openapi: '3.1.0',
    info: {
      title: 'ZedOps manager',
      version,
      description:
        'Every operation is one POST with a JSON body. A token goes into the Authorization header, never into the address.',
    },
    paths: Object.fromEntries(asked.map((operation) => [`/v1/${operation.subject}`, { post: describe(operation) }])),
    components: {
      securitySchemes: { [bearer]: { type: 'http', scheme: 'bearer', description: 'a session or API token' } },
      schemas: { Error: jsonSchema(z.object({ error: WireError }), 'output') },
      responses: Object.fromEntries(ErrorCode.options.map((code) => [code, describeError(code)])),
    },
  };
}

function describe(operation: OperationShape): Json {
  const { subject, permission, audience, effect, summary } = operation;
  const needs = permission === 'none' ? 'no permission of its own' : `the permission \`${permission}\``;
  return {
    operationId: subject,
    summary,
    description: `Needs ${audience === 'nobody' ? 'no token' : needs}. Effect: ${effect}.`,
    tags: [subject.split('.')[0] ?? subject],
    security: audience === 'nobody' ? [] : [{ [bearer]: [] }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: jsonSchema(operation.request, 'input') } },
    },
    responses: {
      '200': { description: 'The reply', content: replyContent(operation) },
      ...Object.fromEntries(ErrorCode.options.map((code) => [errorCodes[code].http, errorReference(code)])),
    },
  };
}

function replyContent({ progress, reply }: OperationShape): Json {
  const whole = jsonSchema(reply, 'output');
  if (progress === noProgress) return { 'application/json': { schema: whole } };
  const line = z.union([
    z.object({ more: z.literal(true), data: progress }).describe('a line of progress'),
    z.object({ data: reply }).describe('the last line: the reply'),
    z.object({ error: WireError }).describe('the last line: why it failed'),
  ]);
  return { 'application/json': { schema: whole }, 'application/x-ndjson': { schema: jsonSchema(line, 'output') } };
}

function errorReference(code: ErrorCode): Json {
  return { $ref: `#/components/responses/${code}` };
}

function describeError(code: ErrorCode): Json {
  const again = errorCodes[code].retry ? 'asking again may help' : 'asking again does not help';
  return {
    description: `${code}: ${again}`,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. `io` says whether defaults are filled in yet. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return Json.parse(rest);
}

const Json: z.ZodType<Json> = z.json();
