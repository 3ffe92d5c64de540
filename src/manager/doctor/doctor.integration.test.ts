import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { Finding } from '../../protocol/entities/finding.ts';
import { type CoreBed, holding, openCoreBed } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

async function examine(): Promise<Finding[]> {
  return z.object({ findings: z.array(Finding) }).parse(await bed.ask(admin, 'manager.doctor', {})).findings;
}

test('a clock that differs is told with the way it goes', async () => {
  const away = (ms: number) => async () => ({ clock: new Date(bed.clock.now() + ms).toISOString() });
  let aheadMs = 0;
  await bed.agent(hostId, { 'system.ping': () => away(aheadMs)() });
  const clock = async () => (await examine()).find(({ check }) => check === 'clock of box-1');
  expect(await clock()).toMatchObject({ level: 'ok' });
  aheadMs = 12_000;
  expect(await clock()).toMatchObject({ level: 'warn', message: 'is 12.0 s ahead of the manager’s' });
  aheadMs = -3_600_000;
  expect(await clock()).toMatchObject({ message: 'is 3600.0 s behind the manager’s' });
});

test('a heap that does not fit its container is told with the limit that would do', async () => {
  await bed.agent(hostId);
  const create = (name: string, port: number, memoryMb: number) =>
    bed.ask(admin, 'server.create', {
      name,
      image: 'danixu',
      env: { ADMINPASSWORD: 'x-admin-x', MEMORY: '4096m', PORT: String(port), UDPPORT: String(port + 1) },
      limits: { memoryMb },
    });
  await create('tight', 16_300, 4096);
  await create('close', 16_310, 6000);
  await create('roomy', 16_320, 7168);
  const found = (await examine()).filter(({ check }) => check.startsWith('memory of'));
  expect(found).toMatchObject([
    { check: 'memory of close', level: 'warn' },
    { check: 'memory of tight', level: 'fail', fix: 'zedops server edit tight --memory 7168m' },
  ]);
});
