import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSessionToken, makeCode, makeSessionToken, parseJoinCode, parseSignInCode, parseToken } from './codes.ts';
import { ZedopsError } from './errors.ts';

const fingerprint = `SHA256:${Buffer.alloc(32, 7).toString('base64url')}`;

function refusal(parse: () => unknown): ZedopsError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ZedopsError) return error;
  }
  throw new Error('it was not refused');
}

describe('codes', () => {
  test('carry the fingerprint of the authority, whole', () => {
    expect(parseJoinCode(makeCode('join', fingerprint)).fingerprint).toBe(fingerprint);
    expect(parseSignInCode(makeCode('sign-in', fingerprint)).fingerprint).toBe(fingerprint);
    expect(parseToken(makeCode('token', fingerprint)).fingerprint).toBe(fingerprint);
  });

  test('are read with the blanks a terminal adds', () => {
    const code = makeCode('join', fingerprint);
    expect(parseJoinCode(` ${code}\n`).text).toBe(code);
  });

  test('are never the same twice', () => {
    expect(new Set(Array.from({ length: 500 }, () => makeCode('token', fingerprint))).size).toBe(500);
  });

  test('of another kind are refused, naming both kinds and not the secret', () => {
    const code = makeCode('token', fingerprint);
    const error = refusal(() => parseJoinCode(code));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toBe('A join code begins with zj_; this is an API token');
    expect(error.hint).toContain('zedops host invite');
  });

  test('that were cut short are refused as such, without being repeated', () => {
    const cut = makeCode('sign-in', fingerprint).slice(0, -3);
    const error = refusal(() => parseSignInCode(cut));
    expect(error.message).toContain('was not copied whole');
    expect(error.message).not.toContain(cut.slice(3, 20));
  });

  test('never come of a fingerprint that is none', () => {
    expect(refusal(() => makeCode('join', 'SHA256:short')).code).toBe('INVALID_INPUT');
    expect(refusal(() => makeCode('join', 'MD5:abc')).code).toBe('INVALID_INPUT');
  });

  test('are refused with INVALID_INPUT, whatever else the text is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusal(() => parseToken(text)).code).toBe('INVALID_INPUT');
      }),
    );
  });
});

test('a session token is told from every code', () => {
  expect(isSessionToken(makeSessionToken())).toBe(true);
  expect(isSessionToken(makeCode('token', fingerprint))).toBe(false);
});
