import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ZedopsError } from '../../../protocol/errors.ts';
import { fleetAnswers, someHost } from '../../tui-bed.ts';
import { asked, bedPlan, bedServers, createFormBeds, fillNewServer, golden, keys } from './form-screens-bed.ts';

const beds = createFormBeds();
const { open } = beds;

describe('create', () => {
  test.each([60, 80, 120, 200])('in %i columns', async (columns) => {
    const bed = open({ columns, rows: columns === 200 ? 50 : 24 });
    await fillNewServer(bed);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`create-${columns}`));
    bed.type('a');
    await bed.shows(/Create bravo on box-1\?/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`plan-${columns}`));
    expect(bed.bytes()).not.toContain('canary');
  });

  test('goes from the form by its plan and its job to the log', async () => {
    const done = Promise.withResolvers<unknown>();
    const bed = open(
      {},
      {
        'server.create'({ progress }) {
          progress({ step: 'pulling the image', percent: 40 });
          return done.promise;
        },
        'server.logs': ({ progress }) => {
          const text = '2026-11-21T15:00:00.000Z o LOG  : General f:0 st:1> first line';
          progress({ kind: 'lines', stream: 's', first: 1, count: 1, text });
          return new Promise(() => undefined);
        },
      },
    );
    await fillNewServer(bed);
    bed.type('a');
    await bed.shows(/Create bravo/);
    bed.type('y');
    await bed.shows(/pulling the image/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden('creating-80'));
    done.resolve({ id: 'id-alpha', name: 'bravo', state: 'ready' });
    await bed.shows(/first line/);
    expect(asked(bed, 'server.create').map(({ data }) => data)).toEqual([
      {
        ...{ name: 'bravo', host: 'box-1', image: 'game', limits: {}, start: true },
        env: { ADMIN_PASSWORD: 's3cret-canary', GAME_PORT: '16263', DIRECT_PORT: '16264' },
      },
    ]);
  });

  test('says what is wrong in the words of the command line, and asks the manager nothing', async () => {
    const bed = open();
    await bed.shows(/alpha/);
    bed.type('n');
    await bed.shows(/1 port taken/);
    bed.type(`${keys.enter}No Good`);
    await bed.shows(/a name has 2 to 32 of a-z, 0-9 and inner dashes/);
    bed.type(`${keys.enter}a`);
    await bed.shows(/2 fields are not right yet; the first is Name/);
    expect(asked(bed, 'server.plan')).toEqual([]);
    bed.type('\t');
    await bed.shows(/ADMIN_PASSWORD is missing, and the image needs it/);
  });

  test('loses nothing by a resize, by a look elsewhere and by a lost manager, and makes one server', async () => {
    let isBroken = true;
    const bed = open(
      {},
      {
        'server.plan'() {
          if (isBroken) throw new ZedopsError('UNREACHABLE', 'The manager cannot be reached');
          return { plan: bedPlan };
        },
        'server.create'({ progress }) {
          progress({ step: 'writing its settings' });
          return new Promise(() => undefined);
        },
        'job.watch': () => ({
          job: {
            ...{ id: 'j', subject: 'server.create', serverId: 'id-bravo', serverName: 'bravo', actor: 'kim' },
            ...{ state: 'done', startedAt: '2026-11-21T15:00:00.000Z' },
            reply: { id: 'id-bravo', name: 'bravo', state: 'ready' },
          },
        }),
      },
    );
    await fillNewServer(bed);
    bed.type('a');
    await bed.shows(/The manager cannot be reached/);
    bed.resize(100, 30);
    bed.type(keys.escape);
    await bed.shows(/kept until you come back/);
    bed.type('n');
    await bed.shows(/Game port +16263/);
    isBroken = false;
    bed.type('a');
    await bed.shows(/Create bravo/);
    bed.type('y');
    await bed.shows(/writing its settings/);
    bed.manager.isDown = true;
    bed.manager.cut();
    await bed.shows(/The manager is away; the work goes on/);
    bed.manager.isDown = false;
    await bed.shows(/bravo is created and ready/);
    expect(asked(bed, 'server.create')).toHaveLength(1);
    expect(asked(bed, 'job.watch').map(({ data }) => data)).toEqual([{ job: asked(bed, 'server.create')[0]?.id }]);
  });

  test('goes on with what was left half made', async () => {
    const bed = open(
      {},
      {
        'server.create'({ progress }) {
          progress({ step: 'pulling the image' });
          throw new ZedopsError('CONFLICT', 'The registry refuses the image', { hint: 'zedops server retry bravo' });
        },
        'server.retry': () => ({ id: 'id-bravo', name: 'bravo', state: 'ready' }),
      },
    );
    await fillNewServer(bed);
    bed.type('a');
    await bed.shows(/Create bravo/);
    bed.type('y');
    await bed.shows(/The registry refuses the image · zedops server retry bravo/);
    bed.type('a');
    await bed.shows(/Create bravo/);
    bed.type('y');
    await bed.shows(/bravo is created and ready/);
    expect(asked(bed, 'server.retry').map(({ data }) => data)).toEqual([
      {
        ...{ server: 'bravo', image: 'game', limits: {}, start: true },
        env: { ADMIN_PASSWORD: 's3cret-canary', GAME_PORT: '16263', DIRECT_PORT: '16264' },
      },
    ]);
  });

  test('loads an env file and saves one that nobody else can read', async () => {
    await writeFile(join(beds.folder(), 'in.env'), "ADMIN_PASSWORD='a b#c'\nNONSENSE=1\n");
    await writeFile(join(beds.folder(), 'bad.env'), 'X\n');
    const bed = open();
    await bed.shows(/alpha/);
    bed.type('n');
    await bed.shows(/1 port taken/);
    bed.type(`${keys.load}bad.env${keys.enter}`);
    await bed.shows(/bad\.env:1:1: this line has no "="/);
    bed.type(`${keys.load}in.env${keys.enter}`);
    await bed.shows(/2 settings from in\.env/);
    bed.type('G');
    await bed.shows(/NONSENSE is no setting of the image game/);
    bed.type('x');
    bed.type(`${keys.save}${keys.eraseAll}out.env${keys.enter}`);
    await bed.shows(/Saved to/);
    const out = join(beds.folder(), 'out.env');
    expect(await readFile(out, 'utf8')).toBe("ADMIN_PASSWORD='a b#c'\n");
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    bed.type(`${keys.save}${keys.eraseAll}out.env${keys.enter}`);
    await bed.shows(/Not saved: .*out\.env is there already/);
  });

  test('asks before the program is left, and shows the equal command line', async () => {
    const bed = open();
    await fillNewServer(bed);
    bed.type('c');
    await bed.shows(/zedops server create bravo --host box-1 --image game --env-file bravo\.env/);
    bed.type('x');
    bed.type('q');
    await bed.shows(/What was typed into the form is lost/);
    bed.type('n');
    await bed.shows(/Game port +16263/);
    bed.type('qy');
    await expect(bed.outcome).resolves.toEqual({ exitCode: 0 });
  });

  test('is not for someone who may only look', async () => {
    const viewer = fleetAnswers(bedServers, [someHost('box-1')], [{ role: 'viewer', scope: { kind: 'global' } }]);
    const bed = open({}, viewer);
    await bed.shows(/alpha/);
    bed.type('n');
    await bed.shows(/New server: needs the permission server:create/);
    bed.type('e');
    await bed.shows(/Edit alpha: needs the permission server:configure on alpha/);
    const still = open({ isReadOnly: true });
    await still.shows(/alpha/);
    still.type('ne');
    expect(await still.settle()).not.toMatch(/new server|edit/);
  });
});
