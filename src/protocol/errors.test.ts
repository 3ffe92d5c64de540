import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { ErrorCode, errorCodes, fromWireError, invalidInput, toWireError, ZedopsError } from './errors.ts';
import { newId } from './id.ts';

test('the table of codes is the one people script against', () => {
  expect(Object.entries(errorCodes).map(([code, { exit, http, retry }]) => `${code} ${exit} ${http} ${retry}`)).toEqual(
    [
      'INVALID_INPUT 2 400 false',
      'UNAUTHENTICATED 3 401 false',
      'FORBIDDEN 3 403 false',
      'NOT_FOUND 4 404 false',
      'CONFLICT 5 409 false',
      'UNREACHABLE 6 503 true',
      'TIMEOUT 7 504 true',
      'UNSUPPORTED 8 501 false',
      'INTERNAL 1 500 false',
      'CANCELLED 130 499 false',
    ],
  );
});

test('an error of ours comes back from the wire as it was', () => {
  const text = fc.string({ maxLength: 200 });
  fc.assert(
    fc.property(
      fc.constantFrom(...ErrorCode.options),
      text,
      fc.option(text, { nil: undefined }),
      (code, message, hint) => {
        const back = fromWireError(
          JSON.parse(JSON.stringify(toWireError(new ZedopsError(code, message, { hint }), 'r1'))),
        );
        expect(back).toMatchObject({ code, message, hint });
      },
    ),
  );
});

test('anything else thrown tells only the request’s id', () => {
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      expect(toWireError(thrown, 'r1')).toEqual({ code: 'INTERNAL', message: expect.stringContaining('r1') });
    }),
  );
});

test('whatever comes as an error becomes one', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      expect(fromWireError(body)).toBeInstanceOf(ZedopsError);
    }),
  );
});

test('unfit input is named field by field, without its values', () => {
  const schema = z.object({ name: z.string().min(3), password: z.string().min(12), port: z.int() });
  const { error } = schema.safeParse({ name: 'x', password: 'canary-7f3', port: 'canary-51b' });
  const { message } = invalidInput('server.create', error ?? new z.ZodError([]));
  expect(message).toMatch(/^server\.create: name: .*; password: .*; port: /);
  expect(message).not.toContain('canary');
});

test('ids sort by time, and fit where the wire wants an id', () => {
  const times = [0, 1, 31, 32, Date.now(), 2 ** 44];
  const ids = times.map((time) => newId(time));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{24}$/);
  expect(new Set(Array.from({ length: 1000 }, () => newId(0))).size).toBe(1000);
});
