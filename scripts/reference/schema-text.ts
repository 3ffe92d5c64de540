import * as z from 'zod';

/** The parts of JSON Schema that the operations' schemas turn into. */
interface JsonSchema {
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly format?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly default?: unknown;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  /** False where there is nothing after the `prefixItems`. */
  readonly items?: JsonSchema | boolean | undefined;
  readonly prefixItems?: readonly JsonSchema[] | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly not?: unknown;
}

const JsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    format: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    default: z.unknown().optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), JsonSchema).optional(),
    required: z.array(z.string()).optional(),
    items: z.union([JsonSchema, z.boolean()]).optional(),
    prefixItems: z.array(JsonSchema).optional(),
    additionalProperties: z.union([JsonSchema, z.boolean()]).optional(),
    anyOf: z.array(JsonSchema).optional(),
    oneOf: z.array(JsonSchema).optional(),
    not: z.unknown().optional(),
  }),
);

/** One field of a request or reply, in words. */
export interface FieldText {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** Its default as JSON, where it has one. */
  readonly fallback: string | undefined;
  readonly help: string;
}

/** The fields of an object's schema; `input` as an asker sends it, `output` as it is answered. */
export function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): readonly FieldText[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, io);
  return Object.entries(properties).map(([name, field]) => ({
    name,
    type: typeText(field, 0),
    isRequired: required.includes(name),
    fallback: field.default === undefined ? undefined : JSON.stringify(field.default),
    help: field.description ?? '',
  }));
}

/** A schema as one type in words, after TypeScript's habit. */
export function shapeOf(schema: z.ZodType, io: 'input' | 'output'): string {
  return typeText(jsonSchemaOf(schema, io), 0);
}

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return JsonSchema.parse(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}

/** Deeper than this an object is only named as one: the reference shows what a thing has, not all that its parts have. */
const deepest = 2;

function typeText(schema: JsonSchema, depth: number): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map((choice) => typeText(choice, depth)))].join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.not !== undefined) return 'nothing';
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? 'time' : schema.format === 'email' ? 'e-mail' : 'text';
    case 'integer':
    case 'number':
      return numberText(schema);
    case 'boolean':
      return 'true | false';
    case 'array':
      return arrayText(schema, depth);
    case 'object':
      return objectText(schema, depth);
    default:
      return 'any JSON';
  }
}

function arrayText({ items, prefixItems }: JsonSchema, depth: number): string {
  if (prefixItems) return `[${prefixItems.map((item) => typeText(item, depth)).join(', ')}]`;
  return `list of ${parenthesized(typeText(typeof items === 'object' ? items : {}, depth))}`;
}

function objectText({ properties, required = [], additionalProperties }: JsonSchema, depth: number): string {
  const entries = Object.entries(properties ?? {});
  if (entries.length === 0) {
    return typeof additionalProperties === 'object' ? `record of ${typeText(additionalProperties, depth)}` : '{}';
  }
  if (depth >= deepest) return 'object';
  const fields = entries.map(
    ([name, field]) => `${name}${required.includes(name) ? '' : '?'}: ${typeText(field, depth + 1)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function numberText({ type, minimum, maximum }: JsonSchema): string {
  const word = type === 'integer' ? 'whole number' : 'number';
  const from = minimum !== undefined && Math.abs(minimum) < Number.MAX_SAFE_INTEGER ? minimum : undefined;
  const to = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (from !== undefined && to !== undefined) return `${word} ${from} to ${to}`;
  if (from !== undefined) return `${word} from ${from}`;
  return to === undefined ? word : `${word} up to ${to}`;
}

function parenthesized(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
