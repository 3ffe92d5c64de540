import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { Job } from '../../protocol/entities/job.ts';
import { newId } from '../../protocol/id.ts';
import { type AgentScript, type CoreBed, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { localIdentity } from '../people/identity.ts';
import { listUnsettled } from '../store/unsettled.ts';
import { idOfNewServer } from './new-server.ts';

let bed: CoreBed;
beforeEach(async () => {
  bed = await openCoreBed();
});
afterEach(() => bed.close());

const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' } };
const facts = {
  template: 'little',
  ...{ env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha', SERVER_NAME: 'old' }, imageEnv: {}, ports: [], limits: {} },
  folders: [{ folder: 'data', from: '/old', to: '/srv/alpha/data', how: 'copy' }],
  worlds: [{ name: 'old', hasSave: true, ini: {} }],
  warnings: [],
};
const adoption = { name: 'alpha', source: { kind: 'folder', path: '/old' }, way: 'copy', image: 'little' };

/** Asks for a new server, and loses the connection before its host says anything; then the manager restarts. */
async function lose(subject: string, request: object): Promise<{ readonly hostId: string; readonly id: string }> {
  const hostId = await bed.host('box-1');
  const id = newId();
  const asked = Promise.withResolvers<void>();
  const silent: AgentScript = () => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  const agent = await bed.agent(hostId, { [subject]: silent, 'agent.adoption': async () => facts });
  const asking = bed.codeOf(localIdentity, subject, { ...request, host: 'box-1' }, { id });
  await asked.promise;
  await agent.disconnect();
  expect(await asking).toBe('UNREACHABLE');
  expect(await isListed()).toBe(true);
  await bed.restart();
  expect(await isListed()).toBe(true);
  return { hostId, id };
}

async function isListed(): Promise<boolean> {
  return (await bed.codeOf(localIdentity, 'server.show', { server: 'alpha' })) === 'ok';
}

/** The host is back, and tells of that request what `job` says. */
async function back({ hostId, id }: { hostId: string; id: string }, job?: Partial<Job>): Promise<ScriptedAgent> {
  const serverId = idOfNewServer(localIdentity.actor, id);
  const base = { id, serverId, serverName: 'alpha', actor: 'local', startedAt: '2026-01-02T03:04:05.000Z' };
  const agentJobs: AgentScript = async () => ({
    jobs: job === undefined ? [] : [{ ...base, subject: 'server.create', state: 'done', ...job }],
  });
  return bed.agent(hostId, { 'agent.jobs': agentJobs });
}

const settled = (): Promise<unknown> =>
  eventually('everything to be settled', async () => (await listUnsettled(bed.core.store.db)).length === 0);

test.each([
  ['server.create', alpha],
  ['server.adopt', adoption],
])(
  'a %s that its host never heard of is taken back when the host returns to a manager that restarted',
  async (subject, request) => {
    await back(await lose(subject, request));
    await settled();
    expect(await isListed()).toBe(false);
  },
);

test('a create that its host has carried out meanwhile stays', async () => {
  const reply = { id: 'x', name: 'alpha', state: 'ready' };
  await back(await lose('server.create', alpha), { reply });
  await settled();
  expect(await isListed()).toBe(true);
});

test('a create that failed there stays, to be retried', async () => {
  await back(await lose('server.create', alpha), { state: 'failed' });
  await settled();
  expect(await isListed()).toBe(true);
});

test('an adoption that failed there, and was put back, is off the list', async () => {
  await back(await lose('server.adopt', adoption), { subject: 'server.adopt', state: 'failed' });
  await settled();
  expect(await isListed()).toBe(false);
});

test('a server with which something else was done on its host stays', async () => {
  const lost = await lose('server.create', alpha);
  const id = idOfNewServer(localIdentity.actor, lost.id);
  const busy: Partial<Job> = { id: newId(), subject: 'server.start', serverId: id };
  await back(lost, busy);
  await settled();
  expect(await isListed()).toBe(true);
});

test('a create asked for again under its own id goes on, and is not taken back behind itself', async () => {
  const { hostId, id } = await lose('server.create', alpha);
  await bed.agent(hostId);
  expect(await bed.codeOf(localIdentity, 'server.create', { ...alpha, host: 'box-1' }, { id })).toBe('ok');
  await settled();
  expect(await isListed()).toBe(true);
});
