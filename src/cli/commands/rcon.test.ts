import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serverRcon } from '../../protocol/operations/rcon.ts';
import { createCliBed } from '../cli-bed.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-rcon-'));
});
afterEach(() => rm(home, { recursive: true }));

const answering = (text: string, rest: object = {}) =>
  createCliBed(home, { [serverRcon.subject]: () => ({ text, ms: 51, build: '42', ...rest }) });

it('prints an answer without what a terminal would obey, and keeps it whole in JSON', async () => {
  const bed = answering('Players connected (1): \n-ma\u001b[2Jra\n');
  expect((await bed.run(['rcon', 'alpha', 'players'])).stdout).toBe('Players connected (1): \n-mara\n');
  const { stdout } = await bed.run(['rcon', 'alpha', 'players', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ values: { players: { names: ['ma\u001b[2Jra'] } } });
});

it('never prints a password that was sent', async () => {
  const bed = answering('User x created with password');
  const { stdout } = await bed.run(['rcon', 'alpha', 'adduser', 'x', 'canary', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ command: 'adduser x ***' });
  expect(stdout).not.toContain('canary');
});

it('shows all of a refusal that has more than one line', async () => {
  const failed = { code: 'INVALID_INPUT', message: 'List of available perks :' };
  const bed = answering('List of available perks :\nAxe\n', { failed });
  const { code, stdout, stderr } = await bed.run(['rcon', 'alpha', 'addxp x y=1']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toBe('List of available perks :\nAxe\nerror: alpha: List of available perks :\n');
});

it('sends nothing that cannot be undone before someone has said yes', async () => {
  const bed = answering('Quit');
  expect((await bed.run(['rcon', 'alpha', 'quit'], { input: 'n\n', isTty: true })).code).toBe(130);
  expect((await bed.run(['rcon', 'alpha', 'quit'], { input: 'y\n', isTty: true })).stdout).toBe('Quit\n');
});

it('runs what a pipe has without its last line feed, and nothing for an empty pipe', async () => {
  const bed = answering('Message sent.');
  expect(await bed.run(['rcon', 'alpha'], { input: 'servermsg "a"\r\nservermsg "b"' })).toMatchObject({
    code: 0,
    stdout: 'Message sent.\nMessage sent.\n',
  });
  expect(await bed.run(['rcon', 'alpha'], { input: '' })).toMatchObject({ code: 0, stdout: '' });
});

it('refuses a line without end', async () => {
  const bed = answering('Message sent.');
  const { code, stderr } = await bed.run(['rcon', 'alpha'], { input: 'x'.repeat(70_000) });
  expect(code).toBe(2);
  expect(stderr).toMatch(/A line has more than 65536 letters/);
});
