import { expect, test } from 'vitest';
import type { HostReadiness } from '../../protocol/entities/plan.ts';
import type { DraftServer } from '../servers/new-server.ts';
import type { HostRecord } from '../store/hosts.ts';
import { checkData, checkDisk } from './preflight-checks.ts';

const gib = 1024 ** 3;
const room = (path: string, freeGb: number) => ({ path, freeBytes: freeGb * gib, totalBytes: 100 * gib });

function draft(disk: DraftServer['disk']): DraftServer {
  return {
    server: {
      id: 's1',
      name: 'alpha',
      hostId: 'h1',
      power: 'on',
      image: { template: 'little', reference: 'example.org/little:latest', pull: 'missing' },
      limits: {},
      game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
      createdAt: 0,
    },
    stored: { env: {}, secretKeys: [] },
    given: 0,
    disk,
    runtimes: ['docker'],
  };
}

function found(freeGb: number, change: Partial<HostReadiness> = {}): HostReadiness {
  const folder = { path: '/srv/alpha', state: 'absent', hasWorld: false } as const;
  return { taken: [], disk: room('/srv', freeGb), image: { isPresent: false }, folder, ...change };
}

const host: HostRecord = {
  ...{ id: 'h1', name: 'box', state: 'active', invitedAt: 0, joinedAt: 0, lastSeenAt: undefined, tags: [] },
  ...{ certificateExpiresAt: undefined, facts: undefined },
};

const needs = { imageGb: 2, gameGb: 7, worldGb: 8 };

test.each([
  ['all has room', 17, {}, 'ok'],
  ['the world will not have room', 16, {}, 'warn'],
  ['the image is there already', 15, { image: { isPresent: true } }, 'ok'],
  ['the game has no room', 8, {}, 'refuse'],
  ['images are on another disk with room', 15, { imageDisk: room('/var/lib/docker', 3) }, 'ok'],
  ['images are on another disk without', 90, { imageDisk: room('/var/lib/docker', 1) }, 'refuse'],
])('where %s', (_, freeGb, change, level) => {
  expect(checkDisk(found(freeGb, change), draft(needs), false).level).toBe(level);
});

test('what is not known is said to be so, and refuses nothing', () => {
  expect(checkDisk(found(0), draft(undefined), false)).toMatchObject({
    level: 'ok',
    text: expect.stringContaining('not known'),
  });
});

test('a server that may have its game already is only refused for its image', () => {
  expect(checkDisk(found(3), draft(needs), true).level).toBe('warn');
  expect(checkDisk(found(1), draft(needs), true).level).toBe('refuse');
});

test('a refusal for room names another data root that has it', () => {
  const otherDisks = [room('/mnt/small', 5), room('/mnt/large', 50)];
  expect(checkDisk(found(3, { otherDisks }), draft(needs), false)).toMatchObject({
    level: 'refuse',
    hint: '/mnt/large has 50.0 GiB free: move a server there (server move)',
  });
});

test('files under its name in another data root are told before a move meets them', () => {
  const folder = { path: '/srv/alpha', state: 'absent', hasWorld: false, alsoAt: ['/mnt/large/alpha'] } as const;
  const wanted = { data: 'new', draft: draft(needs), host } as const;
  expect(checkData({ ...found(50), folder: { ...folder, alsoAt: [...folder.alsoAt] } }, wanted)).toMatchObject({
    level: 'warn',
    text: expect.stringContaining('/mnt/large/alpha'),
  });
});
