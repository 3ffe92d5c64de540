import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPasswords } from './passwords.ts';

describe('passwords', () => {
  const passwords = createPasswords({ ln: 10, r: 8, p: 1 });

  test('are known again, and no other is', async () => {
    const hash = await passwords.hash('correct horse battery');
    expect(await passwords.verify('correct horse battery', hash)).toBe(true);
    expect(await passwords.verify('correct horse batterz', hash)).toBe(false);
    expect(await passwords.verify('', hash)).toBe(false);
  });

  test('never have the same hash twice', async () => {
    expect(await passwords.hash('correct horse battery')).not.toBe(await passwords.hash('correct horse battery'));
  });

  test('are the same however a keyboard writes an accent', async () => {
    const hash = await passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9');
    expect(await passwords.verify('cafe\u0301 cafe\u0301 cafe\u0301', hash)).toBe(true);
  });

  test('of nobody are never right', async () => {
    expect(await passwords.verify('anything', undefined)).toBe(false);
  });

  test('keep working when the costs were raised meanwhile', async () => {
    const hash = await passwords.hash('correct horse battery');
    expect(await createPasswords({ ln: 11, r: 8, p: 1 }).verify('correct horse battery', hash)).toBe(true);
  });

  test.each(['', '$2b$10$abc', `$scrypt$ln=31,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`])(
    'with a hash ZedOps cannot read (%j) are an error, not a no',
    async (stored) => {
      await expect(passwords.verify('x', stored)).rejects.toThrow('cannot read');
    },
  );

  test('are hashed by scrypt with 64 MiB', async () => {
    const hash = await createPasswords().hash('correct horse battery');
    const [, , costs, salt = '', digest] = hash.split('$');
    expect(costs).toBe('ln=16,r=8,p=1');
    const options = { N: 65_536, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
    const expected = scryptSync('correct horse battery', Buffer.from(salt, 'base64url'), 32, options);
    expect(digest).toBe(expected.toString('base64url'));
  });

  test('wait for their turn, and past a limit are turned away instead of filling the memory', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.hash('correct horse')));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(100 - 66);
    expect(await passwords.hash('and after that it works again')).toMatch(/^\$scrypt/);
  });
});
