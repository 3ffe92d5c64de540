import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { root } from '../../../../test/support/zedops.ts';
import type { FakeAnswer, FakeRequest } from '../../../client/fake-manager.ts';
import { bedImage } from '../../forms/form-bed.ts';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed, type TuiBedOptions } from '../../tui-bed.ts';

/** The fleet of {@link createFormBeds}. */
export const bedServers = [someServer('alpha', { playersOnline: 0 })];

/** What a manager says to a create that may be. */
export const bedPlan = {
  name: 'bravo',
  host: 'box-1',
  image: { template: 'game', reference: 'example.org/game:latest', pull: 'missing' },
  power: 'on',
  ports: [
    { name: 'game', port: 16263, protocol: 'udp' },
    { name: 'direct', port: 16264, protocol: 'udp' },
  ],
  limits: {},
  checks: [
    { name: 'name', level: 'ok', text: 'bravo is free' },
    { name: 'disk', level: 'warn', text: '9.1 GiB free at /srv, 15 GiB are wanted', hint: 'zedops host disks box-1' },
  ],
  isPossible: true,
};

/** All of the server of the fleet. */
export const bedDetails = {
  ...bedServers[0],
  revision: 7,
  template: 'game',
  env: { ADMIN_PASSWORD: 'set', MAX_PLAYERS: '32', GAME_PORT: '16261', DIRECT_PORT: '16262', RCON_PORT: '27015' },
  secretKeys: ['ADMIN_PASSWORD'],
  limits: { memoryMb: 4096 },
  createdAt: '2026-11-01T00:00:00.000Z',
};

const answers: Readonly<Record<string, FakeAnswer>> = {
  'image.list': () => ({
    images: [{ id: 'game', title: 'A game for tests', reference: 'example.org/game:latest', runtimes: ['docker'] }],
  }),
  'image.show': () => ({ id: 'game', ...bedImage }),
  'port.check': () => ({
    host: 'box-1',
    free: [{ port: 16262, protocol: 'udp' }],
    taken: [
      { port: 16261, protocol: 'udp', use: 'game', holder: { kind: 'server', name: 'alpha', serverId: 'id-alpha' } },
    ],
  }),
  'port.suggest': () => ({ host: 'box-1', sets: [{ game: 16263, direct: 16264 }] }),
  'server.plan': () => ({ plan: bedPlan }),
  'server.show': () => ({ server: bedDetails }),
  'server.logs': () => new Promise(() => undefined),
};

/** Screens with a manager that knows an image, each in a folder that is gone with them. */
export interface FormBeds {
  open(options?: Partial<TuiBedOptions>, answers?: Readonly<Record<string, FakeAnswer>>): TuiBed;
  folder(): string;
}

/** Makes the place for the screens of each test of a file, in UTC, and takes it away again. */
export function createFormBeds(): FormBeds {
  const beds: TuiBed[] = [];
  let folder = '';
  beforeEach(async () => {
    vi.stubEnv('TZ', 'UTC');
    folder = await mkdtemp(join(tmpdir(), 'zedops-forms-'));
  });
  afterEach(async () => {
    for (const bed of beds.splice(0)) await bed.end();
    await rm(folder, { recursive: true });
    vi.unstubAllEnvs();
  });
  return {
    folder: () => folder,
    open(options = {}, more = {}) {
      const bed = openTuiBed({
        ...{ columns: 80, rows: 24, folder },
        answers: { ...fleetAnswers(bedServers, [someHost('box-1')]), ...answers, ...more },
        ...options,
      });
      beds.push(bed);
      return bed;
    },
  };
}

/** Keys as a terminal sends them. */
export const keys = {
  enter: '\r',
  escape: '\u001b',
  down: '\u001b[B',
  load: '\u000f',
  save: '\u0013',
  eraseAll: '\u0015',
} as const;

/** The path of a frame that is kept. */
export function golden(name: string): string {
  return join(root, 'test/tui/golden', `${name}.txt`);
}

/** What the manager was asked of one kind. */
export function asked(bed: TuiBed, subject: string): readonly FakeRequest[] {
  return bed.manager.asked.filter((request) => request.subject === subject);
}

/** Opens the form for a new server and fills in what it needs. */
export async function fillNewServer(bed: TuiBed): Promise<void> {
  await bed.shows(/alpha/);
  bed.type('n');
  await bed.shows(/1 port taken/);
  bed.type(`${keys.enter}bravo${keys.enter}`);
  await bed.shows(/Name +bravo/);
  bed.type(`\t${keys.enter}s3cret-canary${keys.enter}p`);
  await bed.shows(/Free on box-1: 16263, 16264/);
}
