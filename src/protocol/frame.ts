import { ZedopsError } from './errors.ts';
import type { SharedFrame } from './wire.ts';

/**
 * One message on the wire, as JSON text.
 * Request: has `reply`, the inbox to answer to, and `id`, made by the first asker and kept all the way.
 * Answer: `subject` is that inbox; `more` marks progress, its absence the end; `error` ends it with a failure.
 * Cancel: `subject` is {@link cancelSubject} and `data` the inbox.
 */
export interface Frame {
  readonly subject: string;
  readonly reply?: string;
  readonly id?: string;
  readonly data?: unknown;
  readonly more?: true;
  readonly error?: unknown;
}

/** Asks the other side to give up the request that answers to the inbox named in `data`. */
export const cancelSubject = '$cancel';

/** Prefix of every inbox, after the NATS habit. */
export const inboxPrefix = '_INBOX.';

/** Largest frame either side accepts, in bytes of UTF-8. */
export const maxFrameBytes = 4 * 1024 * 1024;

/** How deep arrays and objects of a frame may stand in one another; what walks a value by recursion relies on it. */
const maxDepth = 100;

const subjectShape = /^[A-Za-z_$][A-Za-z0-9_$.-]{0,127}$/;
const idShape = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Reads one frame. Unknown keys are dropped, so that a newer peer may add some.
 * @throws ZedopsError INVALID_INPUT for anything that is not a frame.
 */
export function parseFrame(text: string): Frame {
  // A character is at least one byte, so this refuses nothing that fits.
  if (text.length > maxFrameBytes) throw new ZedopsError('INVALID_INPUT', 'A frame was too large');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ZedopsError('INVALID_INPUT', 'A frame was not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ZedopsError('INVALID_INPUT', 'A frame was not a JSON object');
  }
  const subject: unknown = Reflect.get(value, 'subject');
  const reply: unknown = Reflect.get(value, 'reply');
  const id: unknown = Reflect.get(value, 'id');
  const more: unknown = Reflect.get(value, 'more');
  const data: unknown = Reflect.get(value, 'data');
  const error: unknown = Reflect.get(value, 'error');
  if (typeof subject !== 'string' || !subjectShape.test(subject)) {
    throw new ZedopsError('INVALID_INPUT', 'A frame had no valid subject');
  }
  if (reply !== undefined && (typeof reply !== 'string' || !subjectShape.test(reply))) {
    throw new ZedopsError('INVALID_INPUT', 'A frame had an invalid reply inbox');
  }
  if (id !== undefined && (typeof id !== 'string' || !idShape.test(id))) {
    throw new ZedopsError('INVALID_INPUT', 'A frame had an invalid id');
  }
  if (more !== undefined && more !== true) throw new ZedopsError('INVALID_INPUT', 'A frame had an invalid "more"');
  if (isTooDeep(data) || isTooDeep(error)) throw new ZedopsError('INVALID_INPUT', 'A frame was nested too deeply');
  return {
    subject,
    ...(reply === undefined ? {} : { reply }),
    ...(id === undefined ? {} : { id }),
    ...(data === undefined ? {} : { data }),
    ...(more === undefined ? {} : { more }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Says whether a value from outside is nested deeper than any request is. Itself it never goes deeper than that. */
export function isTooDeep(value: unknown, levels = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null && (levels === 0 || isTooDeep(child, levels - 1))) return true;
  }
  return false;
}

/** Writes one frame as JSON text. */
export function encodeFrame(frame: Frame): string {
  return JSON.stringify(frame);
}

/** A value already turned into JSON once, so that it can be sent to many inboxes without encoding it again. */
export interface EncodedData {
  readonly json: Buffer;
  /** Frames made of it so far, by inbox: those who watch the same thing have often asked for it as their first request. */
  readonly frames: Map<string, SharedFrame>;
}

/** Encodes `data` once for {@link encodeProgress}. */
export function encodeData(data: unknown): EncodedData {
  return { json: Buffer.from(JSON.stringify(data), 'utf8'), frames: new Map() };
}

/** Writes a progress frame around data that is already JSON: at most a copy of bytes, and none for an inbox seen before. */
export function encodeProgress(inbox: string, { json, frames }: EncodedData): SharedFrame {
  const known = frames.get(inbox);
  if (known) return known;
  const beginning = Buffer.from(`{"subject":${JSON.stringify(inbox)},"more":true,"data":`);
  const frame = { payload: Buffer.concat([beginning, json, closingBrace]) };
  if (frames.size < mostFrames) frames.set(inbox, frame);
  return frame;
}

const mostFrames = 16;
const closingBrace = Buffer.from('}');
