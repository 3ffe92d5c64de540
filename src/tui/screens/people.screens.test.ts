import { afterEach, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed } from '../tui-bed.ts';

const beds: TuiBed[] = [];
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
});

const right = '\u001b[C';
const left = '\u001b[D';
const ann = {
  id: 'p-ann',
  email: 'ann@example.org',
  grants: [{ role: 'operator', scope: { kind: 'server', id: 'id-alpha' } }],
  createdAt: '2026-11-15T09:00:00.000Z',
  invited: false,
};

async function open(edit: () => unknown): Promise<TuiBed> {
  const answers = fleetAnswers([someServer('alpha')], [someHost('box-1')]);
  const bed = openTuiBed({
    columns: 100,
    rows: 30,
    answers: { ...answers, 'user.list': () => ({ people: [ann] }), 'user.edit': edit },
  });
  beds.push(bed);
  await bed.shows(/alpha/);
  await bed.settle();
  bed.type('U');
  await bed.shows(/ann@example.org/);
  return bed;
}

const asked = (bed: TuiBed, subject: string): unknown[] =>
  bed.manager.asked.filter((request) => request.subject === subject).map(({ data }) => data);

describe('what a person may do', () => {
  test('is changed from what it is, with the words of the command line', async () => {
    const bed = await open(() => ({ person: ann }));
    bed.type('e');
    await bed.shows(/What ann@example.org may do: now operator on server alpha/);
    await bed.shows(/‹ operator ›[\s\S]*where +server alpha/);
    bed.type(`${left}\r${right}${right}\r${right}`);
    await bed.shows(/zedops user edit ann@example.org --role viewer --host box-1 --also/);
    bed.type('\r');
    await bed.shows(/ann@example.org is viewer on host box-1 from now on/);
    const request = { email: 'ann@example.org', role: 'viewer', host: 'box-1', also: true };
    expect(asked(bed, 'user.edit')).toEqual([request]);
    expect(asked(bed, 'user.list')).toHaveLength(2);
  });

  test('stays as it is where one leaves, and where the manager refuses', async () => {
    const bed = await open(() => {
      throw new ZedopsError('FORBIDDEN', 'You cannot grant the role operator there');
    });
    bed.type('e\u001b');
    expect(await bed.settle()).not.toContain('--role');
    expect(asked(bed, 'user.edit')).toEqual([]);
    bed.type('e\r\r\r');
    await bed.shows(/Change ann@example.org: You cannot grant the role operator there/);
  });
});
