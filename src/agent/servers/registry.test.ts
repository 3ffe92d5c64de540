import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { openRegistry } from './registry.ts';
import { testServer } from './server-bed.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-registry-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('what could not be written is known all the same, and written as soon as it is told again', async () => {
  const folder = join(root, 'servers');
  const registry = await openRegistry(folder, silentLog);
  const alpha = testServer();
  await registry.accept(alpha);
  await rename(folder, `${folder}.away`);
  const changed = { ...alpha, revision: 2, power: 'off' as const };
  await expect(registry.accept(changed)).rejects.toThrow();
  expect(registry.get(alpha.id)).toEqual(changed);
  await rename(`${folder}.away`, folder);
  expect(await registry.accept(changed)).toEqual(changed);
  expect((await openRegistry(folder, silentLog)).get(alpha.id)).toEqual(changed);
});
