import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { HostEvent } from '../../protocol/entities/event.ts';
import { agentEvents, eventList } from '../../protocol/operations/event.ts';
import { createPeer, type Peer } from '../../protocol/peer.ts';
import { createWirePair } from '../../protocol/wire.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let serverId: string;
/** What the host's journal holds. */
let journal: HostEvent[];
let told: () => void;
const asked: unknown[] = [];

const events: AgentScript = async (data, { progress, signal }) => {
  const { after } = agentEvents.request.parse(data);
  asked.push(after);
  let seq = after?.seq ?? 0;
  const send = (): void => {
    const news = journal.filter((event) => event.seq > seq);
    const first = journal[0]?.seq ?? 1;
    const lost = Math.max(0, first - seq - 1);
    seq = news.at(-1)?.seq ?? seq;
    if (news.length > 0) progress({ stream: 'j', events: news, ...(lost === 0 ? {} : { lost }) });
  };
  told = send;
  send();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return {};
};

const happen = (...some: readonly (readonly [string, string | undefined])[]): void => {
  for (const [text, server] of some) {
    const seq = (journal.at(-1)?.seq ?? 0) + 1;
    const about = server === undefined ? {} : { serverId: server };
    journal.push({ seq, at: '2026-01-02T03:04:05.000Z', kind: 'ready', text, ...about });
  }
  told();
};

const list = async (identity: Identity, filter: object = {}): Promise<string[]> => {
  const reply = eventList.reply.parse(await bed.ask(identity, 'event.list', filter));
  return reply.events.map(({ text }) => text);
};

const until = (identity: Identity, text: string): Promise<unknown> =>
  eventually(text, async () => (await list(identity)).includes(text));

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  journal = [];
  told = () => undefined;
  asked.length = 0;
  const agent = await bed.agent(hostId, { 'agent.events': events });
  await bed.ask(localIdentity, 'server.create', {
    name: 'alpha',
    image: 'little',
    env: { SERVER_NAME: 'alpha', ADMIN_PASSWORD: 'a-password', RCON_PASSWORD: 'another-one' },
  });
  serverId = [...agent.desired.keys()][0] ?? '';
});
afterEach(() => bed.close());

/** A person's own connection, as the door makes it. */
function connect(identity: Identity): Peer {
  const [managerEnd, personEnd] = createWirePair();
  bed.core.onClient(managerEnd, { identity, from: '192.0.2.7' });
  return createPeer({ wire: personEnd, serve: () => Promise.reject(new Error('not asked')) });
}

describe('events of the fleet', () => {
  test('are kept once each, and asked for after the last one at the next connection', async () => {
    happen(['a', serverId], ['b', serverId]);
    await until(localIdentity, 'b');
    const agent = await bed.agent(hostId, { 'agent.events': events });
    happen(['c', serverId]);
    await until(localIdentity, 'c');
    expect((await list(localIdentity, { server: 'alpha' })).filter((text) => text.length === 1)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(asked.at(-1)).toEqual({ stream: 'j', seq: 2 });
    await agent.disconnect();
    await until(localIdentity, 'the host is offline');
  });

  test('say how many are lost where the host could not keep them all', async () => {
    happen(['a', serverId]);
    await until(localIdentity, 'a');
    journal.splice(0, 1, { seq: 6, at: '2026-01-02T03:04:05.000Z', kind: 'ready', text: 'f', serverId });
    told();
    await until(localIdentity, 'f');
    expect((await list(localIdentity)).some((text) => text.startsWith('4 events of this host are lost'))).toBe(true);
  });

  test('of a server are for those who may read it, and an agent is believed about its own only', async () => {
    const otherHost = await bed.host('box-2');
    const elsewhere = await bed.person([{ role: 'admin', scope: { kind: 'host', id: otherHost } }]);
    const player = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: serverId } }]);
    happen(['mine', serverId], ['not mine', 'a-server-of-another-host'], ['the host’s own', undefined]);
    await until(localIdentity, 'the host’s own');
    expect(await list(elsewhere)).toEqual([]);
    expect(await list(player)).toEqual(['mine']);
    expect(await list(localIdentity)).not.toContain('not mine');
    expect(await bed.codeOf(elsewhere, 'event.list', { server: 'alpha' })).toBe('NOT_FOUND');
  });

  test('are followed from the past into what comes, each once', async () => {
    const viewer = await bed.person([holding('viewer')]);
    happen(['a', serverId]);
    await until(viewer, 'a');
    const peer = connect(viewer);
    const seen: string[] = [];
    const ending = new AbortController();
    let last = 0;
    const following = peer
      .request(
        eventList,
        { server: 'alpha', follow: true, limit: 1 },
        {
          signal: ending.signal,
          onProgress(news) {
            seen.push(...news.events.map(({ text }) => text));
            last = news.last;
          },
        },
      )
      .catch(() => undefined);
    await eventually('the past', () => seen.length === 1);
    for (const text of ['b', 'c', 'd']) happen([text, serverId]);
    await eventually('all of them', () => seen.length === 4);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    ending.abort();
    await following;
    expect(await list(viewer, { server: 'alpha', after: last })).toEqual([]);
    peer.close(1000, 'the test ends it');
  });

  test('cannot be followed where nothing can be sent after the answer', async () => {
    expect(await bed.codeOf(localIdentity, 'event.list', { follow: true })).toBe('UNSUPPORTED');
  });
});

describe('crashes of the fleet', () => {
  const crash = {
    id: 'c1',
    server: 'alpha',
    at: '2026-01-02T03:04:05.000Z',
    oomKilled: false,
    class: 'unknown',
    reason: 'the game ended and did not say why',
    hint: 'read the last lines of the log',
    image: 'x',
  };

  test('come from hosts that answer; others are named, and what an agent says of other servers is left out', async () => {
    await bed.host('box-2');
    await bed.agent(hostId, {
      'agent.crashes': async () => ({
        crashes: [
          { ...crash, serverId },
          { ...crash, id: 'c2', serverId: 'a-server-of-another-host' },
        ],
      }),
    });
    const reply = await bed.ask(localIdentity, 'crash.list', {});
    expect(reply).toEqual({ crashes: [{ ...crash, serverId, host: 'box-1' }], silentHosts: ['box-2'] });
    expect(await bed.ask(localIdentity, 'crash.list', { server: 'alpha' })).toMatchObject({ silentHosts: [] });
    expect(await bed.codeOf(localIdentity, 'crash.show', { crash: 'c2' })).toBe('UNREACHABLE');
    const stranger = await bed.person([]);
    expect(await bed.codeOf(stranger, 'crash.list', {})).toBe('FORBIDDEN');
  });
});
