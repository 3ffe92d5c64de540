import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ZedopsError } from '../protocol/errors.ts';
import type { FirstRun, SignInGiven } from './first-run.ts';
import { openTuiBed, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const fingerprint = `SHA256:${'f'.repeat(43)}`;
const code = `zo_${'a'.repeat(32)}.${'f'.repeat(43)}`;
const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

/** Ways that lead to the bed's own manager, or refuse. */
function ways(bed: () => TuiBed, refusal?: ZedopsError) {
  const given: SignInGiven[] = [];
  const started: string[] = [];
  const firstRun: FirstRun = {
    async connect(credentials, confirm) {
      given.push(credentials);
      if (credentials.code === undefined && !(await confirm(fingerprint))) {
        throw new ZedopsError('FORBIDDEN', 'The authority was not confirmed');
      }
      return bed().manager;
    },
    async start(kind, tell, signal) {
      started.push(kind);
      tell('Starting manager and host');
      if (refusal) throw refusal;
      if (kind === 'demo') await new Promise((_, reject) => signal.addEventListener('abort', reject));
      return bed().manager;
    },
  };
  return { firstRun, given, started };
}

function open(refusal?: ZedopsError, options: Partial<TuiBedOptions> = {}) {
  const known = ways((): TuiBed => bed, refusal);
  const bed = openTuiBed({ columns: 80, rows: 24, hasNoManager: true, firstRun: known.firstRun, ...options });
  beds.push(bed);
  return { bed, ...known };
}

test('one signs in with e-mail and password, once the fingerprint is confirmed', async () => {
  const { bed, given } = open();
  await bed.shows(/three ways/);
  bed.type('1');
  await bed.shows(/one-time code/);
  bed.type('manager.example:8443\r\r\rsecret word\r\r');
  await bed.shows(/without a code you need your e-mail address/);
  bed.type('kim@example.org\r\r');
  const asking = bed.shows(/Is this the authority of https:\/\/manager.example:8443\?/);
  bed.type('\r');
  const screen = await asking;
  expect(screen).toContain(fingerprint);
  expect(screen).not.toContain('secret word');
  bed.type('y');
  await expect(bed.outcome).resolves.toMatchObject({ exitCode: 0, client: bed.manager });
  expect(given).toEqual([
    { url: 'https://manager.example:8443', code: undefined, email: 'kim@example.org', password: 'secret word' },
  ]);
});

test('a manager that is not the right one is left alone', async () => {
  const { bed } = open();
  await bed.shows(/three ways/);
  bed.type('1manager.example:8443\r\rkim@example.org\rsecret word\r\r');
  await bed.shows(/Is this the authority/);
  bed.type('n');
  await bed.shows(/The authority was not confirmed/);
  await bed.shows(/three ways/);
});

test('with a one-time code a password is chosen, twice the same', async () => {
  const { bed, given } = open();
  await bed.shows(/three ways/);
  bed.type(`1manager.example:8443\r${code}\r\rshort\rshort\r`);
  await bed.shows(/a password has at least 12 characters/);
  bed.type('\u0015correct horse\r\u0015correct hose\r');
  await bed.shows(/the two passwords differ/);
  bed.type('\u0015correct horse\r');
  await expect(bed.outcome).resolves.toMatchObject({ client: bed.manager });
  expect(given).toMatchObject([{ code, password: 'correct horse' }]);
});

test('a manager is started here, or it is said why not', async () => {
  const { bed, started } = open();
  await bed.shows(/three ways/);
  bed.type('2');
  await expect(bed.outcome).resolves.toMatchObject({ client: bed.manager });
  expect(started).toEqual(['here']);
  const taken = open(new ZedopsError('CONFLICT', 'port 8443 is taken', { hint: 'zedops up shows all of it' }));
  await taken.bed.shows(/three ways/);
  taken.bed.type('2');
  await taken.bed.shows(/port 8443 is taken · zedops up shows all of it/);
});

test('a start that takes long shows its step, and Escape stops it', async () => {
  const { bed } = open();
  await bed.shows(/three ways/);
  bed.type('3');
  await bed.shows(/Starting manager and host · Esc stops it/);
  bed.type('\u001b');
  await bed.shows(/Enter choose/);
});

test('who leaves is asked what becomes of what was started', async () => {
  const staying = open(undefined, { started: 'demo' }).bed;
  await staying.shows(/three ways/);
  staying.type('q');
  await staying.shows(/The demo that was started here ends with the screens/);
  staying.type('n');
  await staying.settle();
  staying.type('qk');
  await expect(staying.outcome).resolves.toEqual({ exitCode: 0, keepsStarted: true });
  const ending = open(undefined, { started: 'here' }).bed;
  await ending.shows(/three ways/);
  ending.type('qy');
  await expect(ending.outcome).resolves.toEqual({ exitCode: 0 });
});
