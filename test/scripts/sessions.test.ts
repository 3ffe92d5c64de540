import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { gamesBelow } from '../support/games.ts';
import { addHost, type SecondHost } from '../support/second-host.ts';
import { type Place, program } from '../support/zedops.ts';
import { fits, parseSession } from './session.ts';

const folder = import.meta.dirname;
/** It has a second host, with ports of its own, and comes last: the others know of one host. Only root can make one. */
const withTwoHosts = 'move-hosts.txt';
const sessions = (await readdir(folder))
  .filter((file) => file.endsWith('.txt'))
  .sort((one, other) => Number(one === withTwoHosts) - Number(other === withTwoHosts));

/** Roles that sign in for the sessions; `nobody` never does, and `owner` sits at the manager's own machine. */
const roles = ['viewer', 'operator'] as const;

describe('sessions as people type them', () => {
  let fleet: Fleet;
  let shim: string;
  let second: SecondHost | undefined;
  const actors = new Map<string, Place>();

  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    shim = join(fleet.owner.home, 'path');
    await mkdir(shim);
    await writeFile(join(shim, 'zedops'), `#!/bin/sh\nexec '${process.execPath}' -- '${program}' "$@"\n`, {
      mode: 0o755,
    });
    actors.set('owner', fleet.owner).set('admin', fleet.far).set('box', fleet.box);
    actors.set('nobody', await fleet.stranger());
    for (const role of roles) {
      const place = await fleet.stranger();
      const added = await fleet.owner.run(['user', 'add', `${role}@example.org`, '--role', role]);
      const code = /zo_\S+/.exec(added.stdout)?.[0] ?? '';
      const login = await place.run(['login', fleet.url, '--code', code, '--password-stdin'], {
        input: `the ${role} has a long password\n`,
      });
      if (login.exitCode !== 0) throw new Error(`${role} could not sign in: ${login.stderr}`);
      actors.set(role, place);
    }
    const env = await fleet.envFile('alpha', { SIM_PLAYERS: '2' });
    const args = ['server', 'create', 'alpha', '--host', 'box-1', '--image', 'simulator', '--env-file', env];
    const created = await fleet.owner.run(args);
    if (created.exitCode !== 0) throw new Error(`alpha could not be created: ${created.stderr}`);
  });
  afterAll(async () => {
    await fleet?.owner.run(['server', 'kill', 'alpha', '--yes']);
    if (second) for (const pid of (await gamesBelow([second.place.home])).flat()) process.kill(pid, 'SIGKILL');
    await second?.dispose();
    await fleet?.dispose();
  });

  for (const file of sessions) {
    test.skipIf(file === withTwoHosts && process.getuid?.() !== 0)(
      file,
      async () => {
        if (file === withTwoHosts) second = await addHost(fleet, 'box-2', { apart: true });
        const commands = parseSession(await readFile(join(folder, file), 'utf8'));
        expect(commands.length).toBeGreaterThan(0);
        for (const { line, actor, command, expected, exitCode } of commands) {
          const place = actors.get(actor);
          if (!place) throw new Error(`${file}:${line}: there is no actor ${actor}`);
          const done = await execa('bash', ['-c', command], {
            env: {
              ...place.env,
              PATH: `${shim}:${process.env.PATH ?? ''}`,
              URL: fleet.url,
              SHARED: fleet.owner.home,
            },
            extendEnv: false,
            reject: false,
            stdin: 'ignore',
            cwd: place.home,
          });
          const printed = [done.stdout, done.stderr].flatMap((text) => (text === '' ? [] : text.split('\n')));
          const where = `${file}:${line}: ${actor}$ ${command}`;
          if (done.exitCode !== exitCode || !fits(expected, printed)) {
            expect.fail(
              `${where}\nexpected [exit ${exitCode}]\n${expected.join('\n')}\ngot [exit ${done.exitCode}]\n${printed.join('\n')}`,
            );
          }
        }
      },
      120_000,
    );
  }
});
