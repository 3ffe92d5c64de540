import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { managerSocket, type Paths, resolvePaths } from '../platform/files/paths.ts';
import { silentLog } from '../platform/log.ts';
import { dial } from '../platform/network/dial.ts';
import { resolveSettings } from '../platform/settings.ts';
import { auditList } from '../protocol/operations/audit.ts';
import { hostInvite, hostList, hostRevoke } from '../protocol/operations/host.ts';
import { sessionStart } from '../protocol/operations/person.ts';
import { managerDoctor, managerShow, systemHello } from '../protocol/operations/system.ts';
import { createPeer, type Peer } from '../protocol/peer.ts';
import { closeCodes } from '../protocol/wire.ts';
import { initManager, type RunningManager, runManager, startManager } from './main.ts';

let folder: string;
let paths: Paths;
const running: RunningManager[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-main-'));
  paths = resolvePaths({ env: { ZEDOPS_HOME: folder }, uid: 1000 });
});
afterEach(async () => {
  for (const manager of running.splice(0)) await manager.stop();
  await rm(folder, { recursive: true, force: true });
});

function options() {
  const env = { ZEDOPS_HOME: folder, ZEDOPS_MANAGER_LISTEN: '127.0.0.1:0' };
  return { paths, settings: resolveSettings(paths, env), log: silentLog };
}

async function start(): Promise<RunningManager> {
  const manager = await startManager(options());
  running.push(manager);
  return manager;
}

/** The owner of the manager's folder, over its socket. */
async function owner(): Promise<Peer> {
  const outcome = await dial({ path: '/client', route: { socketPath: managerSocket(paths) }, clock: systemClock });
  if ('rejected' in outcome) throw outcome.rejected;
  return createPeer({ wire: outcome.wire, serve: async () => undefined });
}

describe('a manager', () => {
  test('serves the owner of its folder without a login, and is well', async () => {
    const manager = await start();
    const peer = await owner();
    const shown = await peer.request(managerShow, {});
    expect(shown.fingerprint).toBe(manager.fingerprint);
    expect(`https://${shown.listen[0]}`).toBe(manager.url);
    const { findings } = await peer.request(managerDoctor, {});
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    await peer.request(hostInvite, { name: 'box-1' });
    const { rows } = await peer.request(auditList, {});
    expect(rows[0]).toMatchObject({ actor: { kind: 'local', name: 'local' }, from: 'socket', outcome: 'ok' });
    expect((await stat(managerSocket(paths))).mode & 0o777).toBe(0o600);
    peer.close(closeCodes.normal, 'done');
  });

  test('is alone in its folder', async () => {
    await start();
    await expect(startManager(options())).rejects.toMatchObject({ code: 'CONFLICT' });
    // The one that was refused has taken nothing away from the one that runs.
    const peer = await owner();
    expect(await peer.request(managerShow, {})).toHaveProperty('version');
    peer.close(closeCodes.normal, 'done');
  });

  test('lets go of everything, so that the next one can start', async () => {
    const first = await start();
    await first.stop();
    await expect(stat(managerSocket(paths))).rejects.toThrow('ENOENT');
    const second = await start();
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  test('that cannot listen leaves nothing behind', async () => {
    const env = { ZEDOPS_HOME: folder, ZEDOPS_MANAGER_LISTEN: '192.0.2.1:1' };
    const nowhere = { ...options(), settings: resolveSettings(paths, env) };
    await expect(startManager(nowhere)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await start();
  });

  test('runs until it is told to end', async () => {
    const ending = new AbortController();
    const run = runManager({ ...options(), signal: ending.signal });
    await expect
      .poll(() =>
        stat(managerSocket(paths)).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    ending.abort();
    await run;
    await start();
  });
});

describe('an owner', () => {
  test('is given a code once set up, signs in with it, and is the only one', async () => {
    const { code, fingerprint } = await initManager(options());
    const manager = await start();
    expect(manager.fingerprint).toBe(fingerprint);
    // A new code beside the running manager ends the one before.
    const second = await initManager(options());
    const peer = await owner();
    const who = { email: 'owner@example.org', password: 'a password of twenty characters' };
    await expect(peer.request(sessionStart, { ...who, code })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const { actor } = await peer.request(sessionStart, { ...who, code: second.code });
    expect(actor.name).toBe('owner@example.org');
    await expect(initManager(options())).rejects.toMatchObject({ code: 'CONFLICT' });
    peer.close(closeCodes.normal, 'done');
    const disk = (await readFile(join(paths.manager, 'manager.db'))).toString('latin1');
    expect(disk).not.toContain(who.password);
  });
});

describe('an agent in the same process', () => {
  test('is a host without enrolment, the same one each time, until it is revoked', async () => {
    const manager = await start();
    const ids = new Set<string>();
    for (let times = 0; times < 2; times += 1) {
      const { hostId, wire } = await manager.attachLocalAgent('box-1');
      ids.add(hostId);
      const agent = createPeer({ wire, serve: () => new Promise(() => undefined) });
      await agent.request(systemHello, { protocol: 1, version: '1', subjects: [] });
    }
    expect(ids.size).toBe(1);
    const { hostId, wire } = await manager.attachLocalAgent('box-1');
    const agent = createPeer({ wire, serve: () => new Promise(() => undefined) });
    await agent.request(systemHello, { protocol: 1, version: '1', subjects: [] });
    const peer = await owner();
    expect((await peer.request(hostList, {})).hosts).toMatchObject([
      { id: hostId, name: 'box-1', connection: 'online' },
    ]);
    expect(await peer.request(hostRevoke, { host: 'box-1' })).toEqual({ name: 'box-1', wasOnline: true });
    expect(await agent.closed).toMatchObject({ code: closeCodes.rejected });
    await expect(manager.attachLocalAgent('box-1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    peer.close(closeCodes.normal, 'done');
  });

  test('needs a name a host may have', async () => {
    const manager = await start();
    await expect(manager.attachLocalAgent('Not A Name')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
