import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { auditList } from '../../protocol/operations/audit.ts';
import { userList } from '../../protocol/operations/person.ts';
import type { Grant } from '../../protocol/permissions.ts';
import { type CoreBed, holding, openCoreBed } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';
import { replaceGrants } from '../store/people.ts';
import { findServer } from '../store/servers.ts';

let bed: CoreBed;
let alpha: string;
let beta: string;
/** Aborted when those who view leave. */
let leaving: AbortController;

beforeEach(async () => {
  bed = await openCoreBed();
  leaving = new AbortController();
  await bed.agent(await bed.host('box-1'), { 'agent.logs': followedLog });
  alpha = await create('alpha', 16_261);
  beta = await create('beta', 17_261);
});
afterEach(async () => {
  leaving.abort();
  await bed.close();
});

/** A log with one line, which is followed for as long as someone wants. */
async function followedLog(data: unknown, incoming: { progress(item: unknown): void; signal: AbortSignal }) {
  incoming.progress({ kind: 'lines', stream: 's', first: 1, count: 1, text: '2026-01-02T03:04:05.000Z o hello' });
  const isFollowed = JSON.stringify(data).includes('"follow":true');
  if (isFollowed) await new Promise((resolve) => incoming.signal.addEventListener('abort', resolve, { once: true }));
  return { cursor: { stream: 's', seq: 1 } };
}

async function create(name: string, port: number): Promise<string> {
  const env = {
    ...{ ADMIN_PASSWORD: 'Adm1n-secret-of-alpha', GAME_PORT: String(port), DIRECT_PORT: String(port + 1) },
    RCON_PORT: String(port + 2),
  };
  await bed.ask(localIdentity, 'server.create', { name, image: 'little', env });
  return (await findServer(bed.core.store.db, name))?.id ?? '';
}

const on = (serverId: string): Grant => ({ role: 'viewer', scope: { kind: 'server', id: serverId } });

interface Open {
  /** The code it ends with. */
  readonly ended: Promise<string>;
  readonly isOpen: () => boolean;
}

/** Opens a stream as somebody, and waits until something has come. */
async function open(identity: Identity, subject: string, data: object): Promise<Open> {
  const begun = Promise.withResolvers<void>();
  let isOpen = true;
  const reader = {
    progressEncoded: () => begun.resolve(),
    buffered: () => 0,
    drained: () => Promise.resolve(),
  };
  const asking = bed.core.gateway.handle(subject, data, {
    asker: { identity, from: '192.0.2.7' },
    id: newId(),
    signal: leaving.signal,
    progress: () => begun.resolve(),
    reader,
  });
  const ended = asking.then(
    () => 'ok',
    (error: unknown) => (error instanceof ZedopsError ? error.code : String(error)),
  );
  void ended.then(() => {
    isOpen = false;
  });
  await Promise.race([begun.promise, ended]);
  return { ended, isOpen: () => isOpen };
}

/** Lets time pass, and what hangs on it happen. */
async function pass(ms: number): Promise<void> {
  bed.clock.advance(ms);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const log = (server: string): [string, object] => ['server.logs', { server, follow: true }];

describe('someone whose grants are narrowed while a stream runs', () => {
  test('loses, within a second, the log of a server that is not theirs any more', async () => {
    const person = await bed.person([holding('viewer')]);
    const [kept, lost] = [await open(person, ...log('beta')), await open(person, ...log('alpha'))];
    await pass(1_000);
    expect([kept.isOpen(), lost.isOpen()]).toEqual([true, true]);
    await replaceGrants(bed.core.store.db, person.personId ?? '', [on(beta)]);
    await pass(500);
    expect(await lost.ended).toBe('NOT_FOUND');
    expect(kept.isOpen()).toBe(true);
  });

  test('is shown no more of the fleet’s events by what they could see before', async () => {
    const person = await bed.person([holding('viewer')]);
    const events = await open(person, 'event.list', { follow: true, limit: 10 });
    await replaceGrants(bed.core.store.db, person.personId ?? '', [on(alpha)]);
    await pass(500);
    // A follower asks again with that, and is answered by what they may see now.
    expect(await events.ended).toBe('UNREACHABLE');
  });

  test('loses everything with the last of them, and what is asked next on the old connection too', async () => {
    const person = await bed.person([holding('operator')]);
    const stream = await open(person, ...log('alpha'));
    await replaceGrants(bed.core.store.db, person.personId ?? '', []);
    expect(await bed.codeOf(person, 'server.stop', { server: 'alpha' })).toBe('NOT_FOUND');
    expect(await bed.codeOf(person, 'server.show', { server: 'alpha' })).toBe('NOT_FOUND');
    await pass(500);
    expect(await stream.ended).toBe('NOT_FOUND');
  });

  test('has what user.edit gave them on the connection that is open', async () => {
    const person = await bed.person([holding('viewer')]);
    const stream = await open(person, ...log('alpha'));
    const { people } = userList.reply.parse(await bed.ask(localIdentity, 'user.list', {}));
    const email = people.find(({ id }) => id === person.personId)?.email;
    expect(await bed.codeOf(person, 'user.edit', { email, role: 'admin' })).toBe('FORBIDDEN');
    expect(await bed.codeOf(person, 'server.stop', { server: 'beta' })).toBe('FORBIDDEN');
    await bed.ask(localIdentity, 'user.edit', { email, role: 'operator', server: 'beta' });
    expect(await bed.codeOf(person, 'server.stop', { server: 'beta' })).not.toBe('FORBIDDEN');
    expect(await bed.codeOf(person, 'server.show', { server: 'alpha' })).toBe('NOT_FOUND');
    await pass(500);
    expect(await stream.ended).toBe('NOT_FOUND');
    const { rows } = auditList.reply.parse(await bed.ask(localIdentity, 'audit.list', { subject: 'user.edit' }));
    expect(rows.map(({ target, outcome }) => [target, outcome])).toEqual([
      [email, 'ok'],
      [undefined, 'FORBIDDEN'],
    ]);
  });

  test('nobody is looked after when nothing is streamed', async () => {
    const before = bed.clock.pending();
    const person = await bed.person([holding('viewer')]);
    await bed.ask(person, 'server.list', {}, { progress: () => undefined });
    expect(bed.clock.pending()).toBe(before);
  });
});

describe('the log of a server that is deleted', () => {
  test('ends for those who follow it with one sentence, and is not followed any more', async () => {
    const person = await bed.person([holding('viewer')]);
    const [gone, other] = [await open(person, ...log('alpha')), await open(person, ...log('beta'))];
    await bed.ask(localIdentity, 'server.delete', { server: 'alpha' });
    expect(await gone.ended).toBe('CONFLICT');
    expect(other.isOpen()).toBe(true);
    const again = await open(person, ...log('alpha'));
    expect(await again.ended).toBe('CONFLICT');
  });
});
