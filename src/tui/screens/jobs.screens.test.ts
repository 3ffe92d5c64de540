import { describe, expect, test } from 'vitest';
import type { FakeAnswer } from '../../client/fake-manager.ts';
import { asked, createFormBeds, golden, keys } from './forms/form-screens-bed.ts';

const { open } = createFormBeds();

describe('jobs', () => {
  const running = {
    ...{ id: 'job-1', subject: 'server.restart', serverId: 'id-alpha', serverName: 'alpha', actor: 'kim@example.org' },
    ...{ state: 'running', step: { step: 'saving the world' }, startedAt: '2026-11-21T14:59:00.000Z' },
  };
  const ended = {
    ...{ ...running, id: 'job-0', subject: 'server.create', state: 'failed', endedAt: '2026-11-21T14:50:00.000Z' },
    error: { code: 'CONFLICT', message: 'The port 16261/udp is taken', hint: 'zedops port suggest' },
  };
  const jobs: Readonly<Record<string, FakeAnswer>> = {
    'job.list': () => ({ jobs: [running, ended], silentHosts: ['box-9'] }),
    'job.watch'({ progress }) {
      progress({ step: 'waiting for the game to quit', percent: 60, deadlineAt: '2026-11-21T15:04:30.000Z' });
      return new Promise(() => undefined);
    },
    'job.cancel': () => ({ job: { ...running, state: 'cancelled' } }),
  };

  test.each([60, 80, 120, 200])('in %i columns', async (columns) => {
    const bed = open({ columns, rows: 24 }, jobs);
    await bed.shows(/alpha/);
    bed.type('J');
    await bed.shows(/60 %/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`jobs-${columns}`));
  });

  test('are told whole, and cancelled when that is confirmed', async () => {
    const bed = open({}, jobs);
    await bed.shows(/alpha/);
    bed.type('J');
    await bed.shows(/60 %/);
    bed.type(`j${keys.enter}`);
    await bed.shows(/hint +zedops port suggest/);
    bed.type('qx');
    await bed.shows(/Cancel server\.create on alpha: it is failed/);
    bed.type('kx');
    await bed.shows(/Cancel server\.restart on alpha\?/);
    bed.type('y');
    await bed.shows(/server\.restart on alpha is cancelled/);
    expect(asked(bed, 'job.cancel').map(({ data }) => data)).toEqual([{ job: 'job-1' }]);
  });

  test('of one server are a tab of its own', async () => {
    const bed = open(
      {},
      {
        ...jobs,
        'job.list': () => ({
          jobs: [{ ...running, serverId: 'id-other', serverName: 'other' }, ended],
          silentHosts: [],
        }),
      },
    );
    await bed.shows(/alpha/);
    bed.type(`${keys.enter}6`);
    const shown = await bed.shows(/server\.create/);
    expect(shown).not.toMatch(/other/);
  });
});
