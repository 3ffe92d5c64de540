import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { type Authority, openAuthority, type ServerCertificate } from './authority.ts';
import { keepServerCertificate, managerNames } from './server-certificate.ts';

const day = 86_400_000;
const clock = createFakeClock(Date.now());
let folder: string;
let authority: Authority;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-certificate-'));
  authority = await openAuthority(folder, clock);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the manager renews its certificate when two thirds of its life are over', async () => {
  const renewed: ServerCertificate[] = [];
  const keeper = await keepServerCertificate({
    authority,
    names: () => ['localhost'],
    clock,
    log: silentLog,
  });
  keeper.onRenewed((certificate) => renewed.push(certificate));
  const first = keeper.current();
  clock.advance(19 * day);
  expect(renewed).toEqual([]);
  clock.advance(1.1 * day);
  await vi.waitFor(() => expect(renewed.length).toBeGreaterThan(0));
  await vi.waitFor(() => expect(keeper.current().expiresAt).toBeGreaterThan(first.expiresAt + 20 * day - 1000));
  expect(keeper.current().key).not.toBe(first.key);
  keeper.stop();
  expect(clock.pending()).toBe(0);
});

test('the manager makes a new certificate when the machine has a new address', async () => {
  let names = ['localhost'];
  const renewed: ServerCertificate[] = [];
  const keeper = await keepServerCertificate({
    authority,
    names: () => names,
    clock,
    log: silentLog,
  });
  keeper.onRenewed((certificate) => renewed.push(certificate));
  names = ['localhost', '192.0.2.7'];
  clock.advance(3_600_000);
  await vi.waitFor(() => expect(renewed).toHaveLength(1));
  expect(new X509Certificate(keeper.current().certificate).checkIP('192.0.2.7')).toBe('192.0.2.7');
  clock.advance(3_600_000);
  expect(renewed).toHaveLength(1);
  keeper.stop();
});

test('its names are the fixed one, those of the machine, and those configured that can stand in a certificate', async () => {
  const names = managerNames(['Manager.Example', ' 203.0.113.9 ', '', 'not a name', 'fe80::1%eth0', 'münchen.example']);
  expect(names).toEqual(
    expect.arrayContaining([
      'manager.zedops.internal',
      'localhost',
      '127.0.0.1',
      '::1',
      'manager.example',
      '203.0.113.9',
    ]),
  );
  expect(names.join()).not.toMatch(/%|ü|not a name/);
  const { certificate } = await authority.issueServerCertificate(names);
  expect(new X509Certificate(certificate).checkHost('manager.example')).toBe('manager.example');
});
