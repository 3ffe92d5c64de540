import type * as z from 'zod';

/** Reads a JSON column that must fit: what does not is a damaged database, and an error. */
export function readJson<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  return schema.parse(JSON.parse(text));
}

/** Reads a JSON column written by another version of ZedOps; what does not fit any more is not known. */
export function readJsonIfFits<Schema extends z.ZodType>(
  schema: Schema,
  text: string | null,
): z.output<Schema> | undefined {
  return text === null ? undefined : schema.safeParse(JSON.parse(text)).data;
}
