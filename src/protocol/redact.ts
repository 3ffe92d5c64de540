import * as z from 'zod';

/** Marks a schema whose value must never be shown, logged or audited. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  secrets.add(schema, { secret: true });
  return schema;
}

const secrets = z.registry<{ secret: true }>();

/** What stands in the place of a secret value. */
export const redacted = 'set';

/**
 * A copy of `value` for logs and audit rows: what its schema marks {@link secret} is replaced by the word `set`, and
 * what the schema does not know is left out.
 */
export function redact(schema: z.ZodType, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (secrets.has(schema)) return redactAll(value);
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, unknown> = schema.shape;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        const field = shape[key];
        return field instanceof z.ZodType ? [[key, redact(field, inner)]] : [];
      }),
    );
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const { element } = schema;
    return element instanceof z.ZodType ? value.map((inner) => redact(element, inner)) : [];
  }
  const inner = unwrap(schema);
  return inner === undefined ? value : redact(inner, value);
}

function unwrap(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    const inner: unknown = schema.unwrap();
    return inner instanceof z.ZodType ? inner : undefined;
  }
  return undefined;
}

/** Keeps the keys of a record, because they name what was set, and hides every value. */
function redactAll(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return redacted;
  return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
}
