import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { createCliBed } from '../cli-bed.ts';

const facts = {
  ...{ hostname: 'box', platform: 'linux/x64', kernel: '6.1', cpus: 4, memoryBytes: 1, agentVersion: '1.0.0' },
  ...{ nodeVersion: 'v24.0.0', dataRoot: '/srv', clock: '2026-01-02T03:04:05.000Z' },
  runtime: { kind: 'docker' },
};
const fine = { check: 'data root', level: 'ok', message: '/srv has room' };
const Asked = z.object({ host: z.string() });

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-doctor-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('two hundred hosts are asked eight at a time, and shown in their order', async () => {
  const hosts = Array.from({ length: 200 }, (_, index) => ({
    ...{ id: `h${index}`, name: `box-${index}`, connection: 'online', servers: 0 },
  }));
  let [now, most] = [0, 0];
  const bed = createCliBed(home, {
    'manager.doctor': () => ({ findings: [] }),
    'host.list': () => ({ hosts }),
    async 'host.doctor'() {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { facts, findings: [fine] };
    },
  });
  const { code, stdout } = await bed.run(['doctor', '--json']);
  expect([code, most]).toEqual([0, 8]);
  const Located = z.object({ findings: z.array(z.object({ where: z.string() })) });
  const { findings } = Located.parse(JSON.parse(stdout));
  const where = findings.map((finding) => finding.where).filter((place) => place.startsWith('box-'));
  expect(where).toEqual(hosts.map(({ name }) => name));
});

test('hosts that are away are told of with their age, and only a failure is the exit code', async () => {
  const away = (name: string, change: object) => ({ id: name, name, connection: 'offline', servers: 0, ...change });
  const lastSeenAt = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const answers = {
    'manager.doctor': () => ({ findings: [{ ...fine, level: 'warn' }] }),
    'host.list': () => ({
      hosts: [away('box-3', { connection: 'invited' }), away('box-4', { connection: 'revoked' })],
    }),
  };
  expect((await createCliBed(home, answers).run(['doctor'])).code).toBe(0);
  const bed = createCliBed(home, {
    ...answers,
    'host.list': () => ({ hosts: [away('box-1', { lastSeenAt }), away('box-2', {})] }),
  });
  const { code, stdout } = await bed.run(['doctor']);
  expect(code).toBe(10);
  expect(stdout).toMatch(/fail +box-1 +agent +offline, last heard 3 h( \d+ min)? ago\n +→ start zedops agent on box-1/);
  expect(stdout).toMatch(/fail +box-2 +agent +offline, never heard/);
});

test('a host that was removed meanwhile does not take the others with it', async () => {
  const bed = createCliBed(home, {
    'manager.doctor': () => ({ findings: [] }),
    'host.list': () => ({
      hosts: ['box-1', 'box-2'].map((name) => ({ id: name, name, connection: 'online', servers: 0 })),
    }),
    'host.doctor'({ data }) {
      const { host } = Asked.parse(data);
      if (host === 'box-1') throw new ZedopsError('NOT_FOUND', 'There is no host box-1', { hint: 'zedops host list' });
      return { facts, findings: [fine] };
    },
  });
  const { stdout } = await bed.run(['doctor']);
  expect(stdout).toMatch(/fail +box-1 +agent +There is no host box-1/);
  expect(stdout).toMatch(/ok +box-2 +data root/);
  expect((await bed.run(['doctor', 'box-1'])).code).toBe(4);
});
