import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealing, openSealing } from './sealing.ts';

describe('a sealed value', () => {
  const sealing = createSealing(randomBytes(32));

  test('opens to what was sealed, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(sealing.open('a/b', sealing.seal('a/b', text))).toBe(text);
      }),
    );
  });

  test('is another one each time, and does not show the text', () => {
    const first = sealing.seal('a', 'hunter2-hunter2');
    expect(first).not.toBe(sealing.seal('a', 'hunter2-hunter2'));
    expect(Buffer.from(first.slice(3), 'base64url').toString('latin1')).not.toContain('hunter2');
  });

  test('does not open in another place', () => {
    const sealed = sealing.seal('server_env/one/PASSWORD', 'secret');
    expect(() => sealing.open('server_env/two/PASSWORD', sealed)).toThrow('cannot be opened');
  });

  test('does not open with another key', () => {
    const sealed = sealing.seal('a', 'secret');
    expect(() => createSealing(randomBytes(32)).open('a', sealed)).toThrow('cannot be opened');
  });

  test('does not open when any of its bytes was changed', () => {
    const sealed = Buffer.from(sealing.seal('a', 'secret').slice(3), 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => sealing.open('a', `v1.${changed.toString('base64url')}`)).toThrow('cannot be opened');
    }
  });

  test.each(['', 'v1', 'v1.', 'v1.AAAA', 'v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'plain text'])(
    'is refused when it is %j',
    (sealed) => {
      expect(() => sealing.open('a', sealed)).toThrow('cannot be opened');
    },
  );
});

describe('the master key', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-sealing-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('is made once, for the owner alone, and is the same at the next start', async () => {
    const sealed = (await openSealing(folder)).seal('a', 'secret');
    expect((await stat(join(folder, 'master.key'))).mode & 0o777).toBe(0o600);
    expect((await openSealing(folder)).open('a', sealed)).toBe('secret');
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  test('is one and the same when several start at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => openSealing(folder)));
    const sealed = all.map((sealing) => sealing.seal('a', 'secret'));
    for (const sealing of all) for (const one of sealed) expect(sealing.open('a', one)).toBe('secret');
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  test('is refused when others can read it', async () => {
    await openSealing(folder);
    await chmod(join(folder, 'master.key'), 0o640);
    await expect(openSealing(folder)).rejects.toThrow('lets others read it');
  });

  test('is refused when it is cut short, and left as it is', async () => {
    await writeFile(join(folder, 'master.key'), 'abc\n', { mode: 0o600 });
    await expect(openSealing(folder)).rejects.toThrow('is not a master key');
    expect(await readFile(join(folder, 'master.key'), 'utf8')).toBe('abc\n');
  });
});
