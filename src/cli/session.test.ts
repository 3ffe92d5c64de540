import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZedopsError } from '../protocol/errors.ts';
import { createCliBed } from './cli-bed.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-session-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const url = 'https://127.0.0.1:1';
const code = `zo_${'a'.repeat(32)}.${'b'.repeat(43)}`;

describe('login without a terminal', () => {
  test.each([
    [['login', url, '--code', code], /no terminal to ask for the password on/],
    [['login', url, '--email', 'ann@example.org'], /no terminal to ask for the password on/],
    [['login', url, '--password-stdin'], /Sign in with --code, or with --email/],
    [
      ['login', url, '--code', `zj_${code.slice(3)}`, '--password-stdin'],
      /A sign-in code begins with zo_; this is a join code/,
    ],
    [['login', 'ftp://x', '--code', code, '--password-stdin'], /not the address of a manager/],
    [['login', url, '--code', code, '--code-stdin'], /--code or --code-stdin, not both/],
    [
      ['login', url, '--email', 'a@b.c', '--fingerprint', 'MD5:x', '--password-stdin'],
      /--fingerprint: a fingerprint is SHA256:/,
    ],
    [['passwd'], /no terminal to ask for the passwords on/],
  ])('%j says what is missing, before anything is sent', async (argv, says) => {
    const { code: exit, stdout, stderr } = await createCliBed(home).run(argv, { input: 'correct horse battery\n' });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('correct horse');
    expect(await readdir(home)).toEqual([]);
  });

  test('a manager that is not there is exit code 6', async () => {
    const argv = ['login', url, '--code', code, '--password-stdin'];
    expect(await createCliBed(home).run(argv, { input: 'correct horse battery\n' })).toMatchObject({ code: 6 });
  });
});

describe('on a terminal', () => {
  test('passwords are asked for and never shown; two that differ are refused', async () => {
    const bed = createCliBed(home, { 'user.password': () => ({ sessionsEnded: 2 }) });
    const good = await bed.run(['passwd'], { isTty: true, input: 'old canary\nnew canary 12345\nnew canary 12345\n' });
    expect(good).toMatchObject({ code: 0, stdout: 'the password is changed; 2 other sessions have ended\n' });
    expect(good.stderr).not.toContain('canary');
    expect(bed.manager.asked[0]?.data).toEqual({ current: 'old canary', next: 'new canary 12345' });
    const typo = await bed.run(['passwd'], { isTty: true, input: 'old\nnew canary 12345\nnew canary 1234\n' });
    expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('differ') });
    expect(bed.manager.asked).toHaveLength(1);
  });

  test('backspace mends, Ctrl-C leaves', async () => {
    const bed = createCliBed(home, { 'user.password': () => ({ sessionsEnded: 0 }) });
    await bed.run(['passwd'], { isTty: true, input: 'olf\u007fd\rabcdefghijkl\rabcdefghijkl\r' });
    expect(bed.manager.asked[0]?.data).toEqual({ current: 'old', next: 'abcdefghijkl' });
    expect(await bed.run(['passwd'], { isTty: true, input: 'old\u0003' })).toMatchObject({ code: 130 });
  });
});

test('whoami says who, where and what; without a manager it says the three ways to one', async () => {
  const actor = { kind: 'person', id: 'p', name: 'ann@example.org' } as const;
  const grants = [{ role: 'operator', scope: { kind: 'server', id: 's1' } }];
  const { stdout } = await createCliBed(home, { 'session.show': () => ({ actor, grants }) }).run(['whoami']);
  expect(stdout).toMatch(/who +ann@example\.org\nat +https:\/\/manager\.example:8443\nmay +operator on server s1/);
  const none = await createCliBed(home).run(['whoami']);
  expect(none).toMatchObject({ code: 3, stdout: '' });
  expect(none.stderr).toMatch(/zedops login .*ZEDOPS_URL and ZEDOPS_TOKEN.*zedops up/);
});

test('an agent that is rejected exits with 78', async () => {
  const { findCommand } = await import('./grammar/find-command.ts');
  const found = await findCommand(['agent']);
  const exitFor = 'command' in found ? found.command.exitFor : undefined;
  expect(exitFor?.(new ZedopsError('FORBIDDEN', 'rejected'))).toBe(78);
  expect(exitFor?.(new ZedopsError('NOT_FOUND', 'not joined'))).toBeUndefined();
});
