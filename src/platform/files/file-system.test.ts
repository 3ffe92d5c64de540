import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { networkFileSystem, networkKindOf } from './file-system.ts';

test('tells network file systems by their number, also where it came as a negative one', () => {
  expect(networkKindOf(0x6969)).toBe('NFS');
  expect(networkKindOf(0xff534d42)).toBe('CIFS');
  expect(networkKindOf(0xff534d42 | 0)).toBe('CIFS');
  expect(networkKindOf(0xef53)).toBeUndefined();
});

test('finds the folder of this machine on none', async () => {
  expect(await networkFileSystem(tmpdir())).toBeUndefined();
  await expect(networkFileSystem('/nowhere/at/all')).rejects.toThrow('ENOENT');
});
