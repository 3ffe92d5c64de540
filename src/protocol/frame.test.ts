import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ZedopsError } from './errors.ts';
import { encodeData, encodeFrame, encodeProgress, type Frame, maxFrameBytes, parseFrame } from './frame.ts';

/** What parsing comes to: a frame, or the code of the one error it may throw. */
function outcome(text: string): Frame | string {
  try {
    return parseFrame(text);
  } catch (error) {
    if (error instanceof ZedopsError) return error.code;
    throw error;
  }
}

const name = fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$.-]{0,40}$/);
const frames: fc.Arbitrary<Frame> = fc.record(
  {
    subject: name,
    reply: name,
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    data: fc.jsonValue({ maxDepth: 4 }),
    more: fc.constant(true as const),
    error: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: ['subject'] },
);

test('reads back every frame it writes', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(parseFrame(encodeFrame(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
    }),
  );
});

test('reads progress that was encoded once for many inboxes like any other', () => {
  fc.assert(
    fc.property(name, fc.jsonValue(), (inbox, data) => {
      const text = encodeProgress(inbox, encodeData(data)).payload.toString('utf8');
      expect(parseFrame(text)).toEqual({ subject: inbox, more: true, data: JSON.parse(JSON.stringify(data)) });
    }),
  );
});

test('answers junk with INVALID_INPUT and nothing else', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.json(),
    fc
      .dictionary(fc.constantFrom('subject', 'reply', 'id', 'more', 'data', 'error', '__proto__'), fc.jsonValue())
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = outcome(text);
      if (typeof result === 'string') expect(result).toBe('INVALID_INPUT');
      else expect(Object.keys(result)).toContain('subject');
    }),
    { numRuns: 500 },
  );
});

test('refuses every frame that was cut off', () => {
  fc.assert(
    fc.property(frames, fc.nat(), (frame, where) => {
      const text = encodeFrame(frame);
      expect(outcome(text.slice(0, where % text.length))).toBe('INVALID_INPUT');
    }),
  );
});

test('refuses what is larger than a frame may be, and takes what just fits', () => {
  const around = '{"subject":"x","data":""}'.length;
  expect(outcome(`{"subject":"x","data":"${'a'.repeat(maxFrameBytes - around)}"}`)).toHaveProperty('subject');
  expect(outcome(`{"subject":"x","data":"${'a'.repeat(maxFrameBytes - around + 1)}"}`)).toBe('INVALID_INPUT');
});

test.each(['[', '{"a":'])('refuses %s nested a hundred thousand times', (open) => {
  const close = open === '[' ? ']' : '}';
  const depth = 100_000;
  const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
  expect(outcome(`{"subject":"x","data":${nested}}`)).toBe('INVALID_INPUT');
  expect(outcome(`{"subject":"x","error":${nested}}`)).toBe('INVALID_INPUT');
  expect(outcome(`{"subject":"x","data":${open.repeat(50)}1${close.repeat(50)}}`)).toHaveProperty('subject');
});

test('takes nothing from a prototype, and puts nothing on one', () => {
  expect(outcome('{"__proto__":{"subject":"x"}}')).toBe('INVALID_INPUT');
  expect(outcome('{"constructor":{"prototype":{"subject":"x"}}}')).toBe('INVALID_INPUT');
  const frame = parseFrame('{"subject":"x","data":{"__proto__":{"polluted":true}}}');
  expect(Object.keys(frame)).toEqual(['subject', 'data']);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test.each([
  'null',
  '[]',
  '1',
  '{}',
  '{"subject":""}',
  '{"subject":"a b"}',
  `{"subject":"${'a'.repeat(129)}"}`,
  '{"subject":"x","reply":1}',
  '{"subject":"x","reply":"a b"}',
  '{"subject":"x","id":"../../etc"}',
  '{"subject":"x","id":""}',
  '{"subject":"x","more":false}',
])('refuses %s', (text) => {
  expect(outcome(text)).toBe('INVALID_INPUT');
});
