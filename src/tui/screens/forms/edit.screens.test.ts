import { describe, expect, test } from 'vitest';
import { ZedopsError } from '../../../protocol/errors.ts';
import type { TuiBed } from '../../tui-bed.ts';
import { asked, bedDetails, createFormBeds, golden, keys } from './form-screens-bed.ts';

const { open } = createFormBeds();

describe('edit', () => {
  const reply = (data: Readonly<Record<string, unknown>>) => ({
    ...{ name: 'alpha', revision: 7, risks: [], warnings: [], applies: 'rebuild' },
    ...data,
  });
  const changes = [{ setting: 'MAX_PLAYERS', before: '32', after: '16' }];

  async function edited(bed: TuiBed): Promise<void> {
    await bed.shows(/alpha/);
    bed.type('e');
    await bed.shows(/Memory limit +4g/);
    bed.type(`\t${keys.down}${keys.enter}${keys.eraseAll}16${keys.enter}`);
    await bed.shows(/32 → 16/);
  }

  test.each([60, 80, 120, 200])('in %i columns', async (columns) => {
    const bed = open({ columns, rows: 24 }, { 'server.edit': () => reply({ changes, risks: ['another build'] }) });
    await edited(bed);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`edit-${columns}`));
    bed.type('a');
    await bed.shows(/Change alpha\?/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`diff-${columns}`));
  });

  test('changes what was changed, and makes the container anew', async () => {
    const bed = open({}, { 'server.edit': () => reply({ changes }), 'server.rebuild': () => ({ state: 'ready' }) });
    await edited(bed);
    bed.type('ay');
    await bed.shows(/alpha is changed; it is ready again/);
    const common = { server: 'id-alpha', set: { MAX_PLAYERS: '16' }, unset: [], revision: 7 };
    expect(asked(bed, 'server.edit').map(({ data }) => data)).toEqual([
      { ...common, dryRun: true },
      { ...common, later: false, acceptRisks: true },
    ]);
    expect(asked(bed, 'server.rebuild')).toHaveLength(1);
  });

  test('waits for the next start, where that is wanted', async () => {
    const bed = open({}, { 'server.edit': () => reply({ changes }) });
    await edited(bed);
    bed.type('al');
    await bed.shows(/it takes effect at its next start or restart/);
    expect(asked(bed, 'server.edit').at(-1)?.data).toMatchObject({ later: true });
    expect(asked(bed, 'server.rebuild')).toEqual([]);
  });

  test('renames it', async () => {
    const bed = open(
      {},
      { 'server.edit': () => reply({ changes: [] }), 'server.rename': () => ({ name: 'bravo', folder: '/srv/alpha' }) },
    );
    await bed.shows(/alpha/);
    bed.type('e');
    await bed.shows(/Memory limit +4g/);
    bed.type(`${keys.enter}${keys.eraseAll}bravo${keys.enter}a`);
    await bed.shows(/alpha → bravo/);
    bed.type('y');
    await bed.shows(/bravo is changed/);
    expect(asked(bed, 'server.rename').map(({ data }) => data)).toEqual([{ server: 'id-alpha', name: 'bravo' }]);
  });

  test('tells that somebody else was faster, and keeps what was typed over what they made', async () => {
    let now: unknown = bedDetails;
    const bed = open(
      {},
      {
        'server.show': () => ({ server: now }),
        'server.edit'({ data }) {
          const { revision } = Object(data);
          if (revision === 7) {
            now = { ...bedDetails, revision: 8, env: { ...bedDetails.env, MAX_PLAYERS: '24' } };
            throw new ZedopsError('CONFLICT', 'Somebody changed alpha meanwhile: it is at revision 8');
          }
          return reply({ changes, revision: 8 });
        },
      },
    );
    await edited(bed);
    bed.type('a');
    await bed.shows(/Somebody changed alpha meanwhile/);
    await bed.shows(/24 → 16/);
    bed.type('a');
    await bed.shows(/Change alpha\?/);
  });
});
