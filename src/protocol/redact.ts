import * as z from 'zod';

type Schema = z.core.$ZodType;

/**
 * Marks a schema whose value must never be shown, logged or audited. What `describe`, `min`, `optional` and the like make
 * of it stays secret; what `extend` or `pick` make of it does not.
 */
export function secret<Marked extends z.ZodType>(schema: Marked): Marked {
  secrets.add(schema, { secret: true });
  return schema;
}

const secrets = z.registry<{ secret: true }>();

/** What stands in the place of a secret value. */
export const redacted = 'set';

/**
 * A copy of `value` for logs and audit rows: what its schema marks {@link secret} is replaced by the word `set`, and
 * what an object's schema does not know is left out. Fails closed: where the schema does not say plainly what a value is
 * (`unknown`, a value of another kind, a choice of which one side is secret), the word stands in for all of it.
 */
export function redact(schema: Schema, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (isSecret(schema)) return hideValues(value);
  if (isPlain(schema)) return isScalar(value) ? value : redacted;
  if (schema instanceof z.ZodObject) return redactObject(schema, value);
  if (schema instanceof z.ZodRecord) return redactRecord(schema, value);
  if (schema instanceof z.ZodArray) {
    const { element } = schema._zod.def;
    return Array.isArray(value) ? value.map((inner) => redact(element, inner)) : redacted;
  }
  if (schema instanceof z.ZodTuple) {
    const { items, rest } = schema._zod.def;
    if (!Array.isArray(value)) return redacted;
    return value.map((inner, index) => {
      const item = items[index] ?? rest;
      return item ? redact(item, inner) : redacted;
    });
  }
  const inner = unwrap(schema);
  if (inner) return redact(inner, value);
  // For what is left more than one schema speaks of the same value, so one secret anywhere hides it all.
  if (holdsSecret(schema, new Set())) return redacted;
  if (schema instanceof z.ZodUnion) {
    const option = schema._zod.def.options.find((candidate) => z.safeParse(candidate, value).success);
    return option ? redact(option, value) : redacted;
  }
  if (schema instanceof z.ZodPipe) {
    const { in: before, out: after } = schema._zod.def;
    return redact(before instanceof z.ZodTransform ? after : before, value);
  }
  return redacted;
}

function redactObject(schema: z.ZodObject, value: unknown): unknown {
  if (!isDictionary(value)) return redacted;
  const { shape, catchall } = schema._zod.def;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const field = Object.hasOwn(shape, key) ? shape[key] : catchall;
      return field && !(field instanceof z.ZodNever) ? [[key, redact(field, inner)]] : [];
    }),
  );
}

function redactRecord(schema: z.ZodRecord, value: unknown): unknown {
  const { keyType, valueType } = schema._zod.def;
  if (!isDictionary(value) || holdsSecret(keyType, new Set())) return redacted;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(valueType, inner)]));
}

/** The one schema inside a wrapper that changes nothing but whether, or how, a value may be absent. */
function unwrap(schema: Schema): Schema | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  ) {
    return schema._zod.def.innerType;
  }
  return schema instanceof z.ZodLazy ? schema._zod.innerType : undefined;
}

/** Says whether values of a schema are single words or numbers. */
function isPlain(schema: Schema): boolean {
  return (
    schema instanceof z.ZodString ||
    schema instanceof z.ZodStringFormat ||
    schema instanceof z.ZodNumber ||
    schema instanceof z.ZodBoolean ||
    schema instanceof z.ZodBigInt ||
    schema instanceof z.ZodEnum ||
    schema instanceof z.ZodLiteral
  );
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A registry's `has` looks at this very schema; `get` also at those it was made of. */
function isSecret(schema: Schema): boolean {
  return secrets.get(schema) !== undefined;
}

/** Says whether a schema, or one that it is made of, is secret. `seen` ends the walk where a lazy one names itself. */
function holdsSecret(schema: Schema, seen: Set<Schema>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return isSecret(schema) || partsOf(schema).some((part) => holdsSecret(part, seen));
}

function partsOf(schema: Schema): readonly Schema[] {
  if (schema instanceof z.ZodLazy) return [schema._zod.innerType];
  return Object.values(schema._zod.def).flatMap((part: unknown) =>
    isSchema(part) ? [part] : typeof part === 'object' && part !== null ? Object.values(part).filter(isSchema) : [],
  );
}

function isSchema(value: unknown): value is Schema {
  return value instanceof z.core.$ZodType;
}

function isDictionary(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keeps the keys of a record, because they name what was set, and hides every value. */
function hideValues(value: unknown): unknown {
  if (!isDictionary(value)) return redacted;
  return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
}
