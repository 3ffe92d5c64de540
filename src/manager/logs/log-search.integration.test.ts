import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import type { LogFinding } from '../../protocol/entities/log-search.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type CoreBed, openCoreBed } from '../core-bed.ts';
import { localIdentity } from '../people/identity.ts';

let bed: CoreBed;
beforeEach(async () => {
  bed = await openCoreBed();
});
afterEach(() => bed.close());

const Asked = z.object({ serverId: z.string(), pattern: z.string().optional(), limit: z.number() });

async function fleet(answer: (serverId: string, progress: (finding: LogFinding) => void) => Promise<unknown>) {
  const hosts = [await bed.host('box-1'), await bed.host('box-2')];
  const agents = [];
  for (const host of hosts) {
    agents.push(
      await bed.agent(host, {
        'agent.log-search': (data, { progress }) => answer(Asked.parse(data).serverId, progress),
      }),
    );
  }
  const ids: string[] = [];
  for (const [index, name] of ['alpha', 'beta'].entries()) {
    const env = {
      ADMIN_PASSWORD: 'Adm1n-secret',
      GAME_PORT: `${17000 + index * 2}`,
      DIRECT_PORT: `${17001 + index * 2}`,
    };
    const made = await bed.ask(localIdentity, 'server.create', {
      name,
      image: 'little',
      host: `box-${index + 1}`,
      env,
    });
    ids.push(z.object({ id: z.string() }).parse(made).id);
  }
  return { ids, agents };
}

const line = { seq: 3, time: '2026-11-21T18:00:00.000000000Z', output: 'stdout', text: 'hello' } as const;
const found: LogFinding = { kind: 'found', stream: 's', through: 5, lines: [line] };

test('asks every host of the servers one may read, and gives what they find with its server', async () => {
  const { ids, agents } = await fleet(async (_, progress) => {
    progress(found);
    return { found: 1, isCut: false };
  });
  const heard: unknown[] = [];
  const all = await bed.ask(
    localIdentity,
    'server.log-search',
    { pattern: 'hello', on: 'all' },
    {
      progress: (data) => void heard.push(data),
    },
  );
  expect(all).toEqual({
    servers: [
      { id: ids[0], server: 'alpha', found: 1, isCut: false },
      { id: ids[1], server: 'beta', found: 1, isCut: false },
    ],
  });
  expect(heard).toContainEqual({ serverId: ids[1], server: 'beta', finding: found });

  const viewer = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: ids[0] ?? '' } }]);
  const theirs: unknown[] = [];
  const mine = await bed.ask(
    viewer,
    'server.log-search',
    { on: 'all' },
    { progress: (data) => void theirs.push(data) },
  );
  expect(mine).toMatchObject({ servers: [{ server: 'alpha' }] });
  expect(theirs).toHaveLength(2);
  const progress = (): void => undefined;
  expect(await bed.codeOf(viewer, 'server.log-search', { servers: ['beta'] }, { progress })).toBe('NOT_FOUND');
  expect(await bed.codeOf(await bed.person([]), 'server.log-search', { on: 'all' }, { progress })).toBe('FORBIDDEN');
  expect(agents[1]?.asked.filter(({ subject }) => subject === 'agent.log-search')).toHaveLength(1);
});

test('a search that was put down goes on where it was on each server, and past those that are over', async () => {
  const asked: unknown[] = [];
  const file = { file: 'x_chat.txt', time: '2026-11-21T18:00:00Z', text: 'hi', category: 'chat' };
  const ofFile: LogFinding = { kind: 'file-found', place: { atMs: 7, nth: 3 }, lines: [file] };
  const { ids, agents } = await fleet(async (_, progress) => {
    progress(ofFile);
    return { found: 1, isCut: false, problem: 'its Logs/ may not be read' };
  });
  const after = { stream: 's', seq: 5 };
  const heard: unknown[] = [];
  const reply = await bed.ask(
    localIdentity,
    'server.log-search',
    {
      ...{ on: 'all', files: ['console', 'chat'], limit: 10 },
      places: [
        { serverId: ids[0], after, filesAfter: { atMs: 7, nth: 2 }, found: 4 },
        { serverId: ids[1], found: 9, isOver: true },
      ],
    },
    { progress: (data) => void heard.push(data) },
  );
  for (const { data } of agents[0]?.asked.filter(({ subject }) => subject === 'agent.log-search') ?? [])
    asked.push(data);
  expect(asked).toMatchObject([{ limit: 6, after, filesAfter: { atMs: 7, nth: 2 }, files: ['console', 'chat'] }]);
  expect(agents[1]?.asked.filter(({ subject }) => subject === 'agent.log-search')).toHaveLength(0);
  const end = { found: 5, isCut: false, problem: 'its Logs/ may not be read' };
  expect(reply).toEqual({ servers: [{ id: ids[0], server: 'alpha', ...end }] });
  expect(heard.slice(-2)).toEqual([
    { serverId: ids[0], server: 'alpha', finding: ofFile },
    { serverId: ids[0], server: 'alpha', finding: { kind: 'over', ...end } },
  ]);
});

test('names the servers whose hosts are away or fail, and refuses a pattern before any host is asked', async () => {
  const { ids, agents } = await fleet(async () => {
    throw new ZedopsError('NOT_FOUND', 'alpha is not here');
  });
  await agents[1]?.disconnect();
  const progress = (): void => undefined;
  expect(await bed.ask(localIdentity, 'server.log-search', { servers: ['alpha', ids[1]] }, { progress })).toEqual({
    servers: [
      { id: ids[0], server: 'alpha', found: 0, isCut: false, problem: 'alpha is not here' },
      { id: ids[1], server: 'beta', found: 0, isCut: false, problem: 'box-2 is offline' },
    ],
  });
  const code = await bed.codeOf(localIdentity, 'server.log-search', { pattern: '(oops', on: 'all' }, { progress });
  expect(code).toBe('INVALID_INPUT');
});

test('is a stream: without anyone who hears it, it is refused', async () => {
  await fleet(async () => ({ found: 0, isCut: false }));
  expect(await bed.codeOf(localIdentity, 'server.log-search', { on: 'all' })).toBe('UNSUPPORTED');
});
