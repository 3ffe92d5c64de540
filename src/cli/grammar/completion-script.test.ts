import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCliBed } from '../cli-bed.ts';

const run = promisify(execFile);
let home: string;
let script: string;

/** What bash offers for a line that ends in the given words. */
async function offers(...words: string[]): Promise<string[]> {
  const line = ['zedops', ...words].map((word) => `'${word}'`).join(' ');
  const { stdout } = await run('bash', [
    '--noprofile',
    '--norc',
    '-c',
    `source '${script}'; COMP_WORDS=(${line}); COMP_WORDS[0]='${join(home, 'zedops')}'; COMP_CWORD=${words.length}; _zedops; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.split('\n').filter(Boolean);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-completion-'));
  script = join(home, 'completion.bash');
  await writeFile(script, (await createCliBed(home, {}).run(['completion', 'bash'])).stdout);
  // Stands in for the program, which a completion script asks for names.
  await writeFile(join(home, 'zedops'), '#!/bin/sh\n[ "$1" = __complete ] && echo "$2-a" && echo "$2-b"\n');
  await chmod(join(home, 'zedops'), 0o755);
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('bash', () => {
  test('offers nouns, verbs and short forms', async () => {
    expect(await offers('ser')).toEqual(['server']);
    expect(await offers('st')).toEqual(['start', 'stop']);
    expect(await offers('server', 'st')).toEqual(['start', 'stop']);
    expect(await offers('--json', 'manager', '')).toEqual(['run', 'init', 'show']);
    expect(await offers('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  test('offers names of servers, hosts and images where they belong', async () => {
    expect(await offers('stop', '')).toEqual(['server-a', 'server-b']);
    expect(await offers('server', 'logs', '-f', 'server-b')).toEqual(['server-b']);
    expect(await offers('host', 'ping', '')).toEqual(['host-a', 'host-b']);
    expect(await offers('server', 'create', 'x', '--host', '')).toEqual(['host-a', 'host-b']);
    expect(await offers('server', 'template', '')).toEqual(['image-a', 'image-b']);
    expect(await offers('--profile', '')).toEqual(['profile-a', 'profile-b']);
  });

  test('offers options, their choices, and files', async () => {
    expect(await offers('server', 'create', '--env')).toEqual(['--env-file', '--env']);
    expect(await offers('logs', '--level', 'w')).toEqual(['warn']);
    expect(await offers('server', 'create', 'x', '--env-file', join(home, 'compl'))).toEqual([script]);
    expect(await offers('server', 'list', '--js')).toEqual(['--json']);
  });
});

test('the hidden command prints names, and nothing where no manager answers', async () => {
  const bed = createCliBed(home, {
    'server.list': () => ({ servers: [] }),
    'host.list': () => ({ hosts: [{ id: 'h', name: 'box-1', connection: 'online', servers: 0 }] }),
  });
  expect(await bed.run(['__complete', 'host'])).toEqual({ code: 0, stdout: 'box-1\n', stderr: '' });
  expect(await bed.run(['__complete', 'job'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await createCliBed(home).run(['__complete', 'server'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('zsh and fish scripts name every command', async () => {
  const zsh = await createCliBed(home, {}).run(['completion', 'zsh']);
  const fish = await createCliBed(home, {}).run(['completion', 'fish']);
  for (const word of ['server create', 'invite', '__complete server']) {
    expect(zsh.stdout).toContain(word);
    expect(fish.stdout).toContain(word);
  }
});
