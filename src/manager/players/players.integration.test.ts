import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { HostEvent } from '../../protocol/entities/event.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { auditList } from '../../protocol/operations/audit.ts';
import { playerList, playerShow } from '../../protocol/operations/player.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

const maraId = '76561198000000001';
const tomId = '76561198000000002';
const at = '2026-01-02T03:00:00.000Z';

let bed: CoreBed;
let agent: ScriptedAgent;
let alpha: string;
let beta: string;
/** Lines the games were told. */
let told: string[];
let answer: (line: string) => string;
let journal: HostEvent[];

const create = async (name: string, port: number): Promise<string> => {
  const env = { SERVER_NAME: name, ADMIN_PASSWORD: 'a-password', RCON_PASSWORD: 'another-one' };
  const ports = { GAME_PORT: `${port}`, DIRECT_PORT: `${port + 1}`, RCON_PORT: `${port + 2}` };
  await bed.ask(localIdentity, 'server.create', { name, image: 'little', env: { ...env, ...ports } });
  return [...agent.desired.values()].find((server) => server.name === name)?.id ?? '';
};
const online = (
  id: string,
  name: string,
  who: readonly (readonly [string, string?])[] | undefined,
  more = {},
): void => {
  const players = who?.map(([player, steamId]) => ({ name: player, ...(steamId ? { steamId } : {}) }));
  const observed: ObservedServer = {
    ...{ id, name, revision: 1, at, gameVersion: '42.0.1' },
    container: { id: 'c', name, image: 'x', status: 'running' },
    ...(players ? { players: { at, count: players.length, players } } : {}),
    ...more,
  };
  agent.observe(observed);
};
const list = async () => playerList.reply.parse(await bed.ask(localIdentity, 'player.list', {}));
const happen = (kind: string, serverId: string, name: string, steamId?: string): void => {
  const player = { name, ...(steamId ? { steamId } : {}) };
  journal.push({ seq: journal.length + 1, at, kind, text: `${name} ${kind}`, serverId, player });
};
const errorOf = async (who: Identity, subject: string, data: unknown): Promise<string> => {
  try {
    await bed.ask(who, subject, data);
    return 'ok';
  } catch (error) {
    return error instanceof ZedopsError ? `${error.code}: ${error.message}` : String(error);
  }
};

const scripts: Readonly<Record<string, AgentScript>> = {
  'agent.rcon': async (data) => {
    const command: unknown = Reflect.get(Object(data), 'command');
    told.push(String(command));
    return { text: answer(String(command)), ms: 1, build: '42' };
  },
  'agent.events': async (_, { progress, signal }) => {
    if (journal.length > 0) progress({ stream: 'j', events: journal });
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return {};
  },
  'agent.accounts': async () => ({
    accounts: [{ name: 'mara', isBanned: true, accessLevel: 'banned' }],
    bans: [{ steamId: maraId, reason: 'cheats' }],
  }),
};

beforeEach(async () => {
  bed = await openCoreBed();
  told = [];
  journal = [];
  answer = () => 'User mara kicked.';
  const hostId = await bed.host('box-1');
  agent = await bed.agent(hostId, scripts);
  alpha = await create('alpha', 16261);
  beta = await create('beta', 16361);
  online(alpha, 'alpha', [
    ['mara', maraId],
    ['Old Tom', tomId],
  ]);
  online(beta, 'beta', [['Q']]);
  await eventually('what the host says', async () => (await list()).players.length === 3);
});
afterEach(() => bed.close());

describe('players', () => {
  test('are listed where they are online; servers nobody can tell about are named', async () => {
    online(beta, 'beta', undefined);
    await eventually('beta is not known', async () => (await list()).unknown[0] === 'beta');
    expect(await bed.ask(localIdentity, 'player.list', { server: 'alpha' })).toEqual({
      players: [
        { name: 'mara', steamId: maraId, server: 'alpha', serverId: alpha, host: 'box-1', online: true },
        { name: 'Old Tom', steamId: tomId, server: 'alpha', serverId: alpha, host: 'box-1', online: true },
      ],
      unknown: [],
    });
    const onlyBeta = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: beta } }]);
    expect(await bed.ask(onlyBeta, 'player.list', {})).toEqual({ players: [], unknown: ['beta'] });
    expect(await errorOf(onlyBeta, 'player.list', { server: 'alpha' })).toContain('NOT_FOUND');
  });

  test('are shown with their past and their account, by name in any case or by Steam id', async () => {
    happen('player-joined', alpha, 'mara', maraId);
    happen('player-died', alpha, 'mara', maraId);
    const { hostId } = agent;
    await agent.disconnect();
    expect(await bed.ask(localIdentity, 'player.list', { server: 'alpha' })).toEqual({
      players: [],
      unknown: ['alpha'],
    });
    agent = await bed.agent(hostId, scripts);
    online(alpha, 'alpha', [['mara', maraId]]);
    const seen = { firstSeenAt: at, sessions: 1, deaths: 1, since: at, online: true, steamId: maraId };
    for (const player of ['MARA', maraId]) {
      await eventually('what happened is read', async () => {
        const { servers } = playerShow.reply.parse(await bed.ask(localIdentity, 'player.show', { player }));
        return servers[0]?.sessions === 1 && servers[0].online === true;
      });
      expect(await bed.ask(localIdentity, 'player.show', { player })).toMatchObject({
        servers: [
          { name: 'mara', ...seen, account: { isBanned: true, accessLevel: 'banned' }, steamBan: { reason: 'cheats' } },
        ],
      });
    }
    expect(await bed.ask(localIdentity, 'player.history', { player: 'mara' })).toMatchObject({
      sessions: [{ name: 'mara', joinedAt: at, state: 'open', deaths: 1 }],
      events: [{ kind: 'player-joined', player: { name: 'mara', steamId: maraId } }, { kind: 'player-died' }],
    });
    const stranger = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: beta } }]);
    expect(await bed.ask(stranger, 'player.history', {})).toEqual({ sessions: [], events: [] });
    expect(await errorOf(stranger, 'player.show', { player: 'mara' })).toContain('NOT_FOUND');
    await agent.disconnect();
    expect(await bed.ask(localIdentity, 'player.history', { player: 'mara' })).toMatchObject({
      sessions: [{ state: 'away' }],
    });
    expect(await bed.ask(localIdentity, 'player.show', { player: 'mara' })).toMatchObject({
      servers: [{ accountUnknown: 'box-1 is offline' }],
    });
  });

  test('of one Steam account are told together, on one server and over those one may read', async () => {
    happen('player-joined', alpha, 'mara', maraId);
    happen('player-left', alpha, 'mara', maraId);
    happen('player-joined', alpha, 'Miss M', maraId);
    happen('player-joined', beta, 'marauder', maraId);
    happen('player-joined', beta, 'Q', tomId);
    const { hostId } = agent;
    await agent.disconnect();
    agent = await bed.agent(hostId, scripts);
    online(alpha, 'alpha', [['mara', maraId]]);
    const show = async (who: Identity, player: string) =>
      playerShow.reply.parse(await bed.ask(who, 'player.show', { player }));
    const names = await eventually('what happened is read', async () => {
      const shown = await show(localIdentity, 'mara');
      return shown.names?.length === 3 ? shown.names : undefined;
    });
    const seen = (server: string, serverId: string) => [{ server, serverId, lastSeenAt: expect.any(String) }];
    expect(names.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { steamId: maraId, name: 'Miss M', servers: seen('alpha', alpha) },
      { steamId: maraId, name: 'mara', servers: seen('alpha', alpha) },
      { steamId: maraId, name: 'marauder', servers: seen('beta', beta) },
    ]);
    expect((await show(localIdentity, 'Q')).names).toBeUndefined();
    expect((await show(localIdentity, maraId)).servers.map(({ name }) => name).toSorted()).toEqual([
      ...['Miss M', 'mara', 'marauder'],
    ]);
    const onAlpha = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: alpha } }]);
    expect((await show(onAlpha, 'mara')).names?.map(({ name }) => name).toSorted()).toEqual(['Miss M', 'mara']);
    expect(await bed.ask(localIdentity, 'player.kick', { player: maraId })).toMatchObject({
      ...{ player: 'mara', server: 'alpha' },
    });
  });

  test('are acted on by the exact command, which the audit names a server for', async () => {
    expect(await bed.ask(localIdentity, 'player.find', { player: 'MARA' })).toEqual({
      ...{ name: 'mara', steamId: maraId, server: 'alpha', serverId: alpha, build: '42' },
    });
    const operator = await bed.person([holding('operator')]);
    expect(await bed.ask(operator, 'player.kick', { player: 'MARA', reason: 'be kind' })).toEqual({
      player: 'mara',
      server: 'alpha',
      command: 'kickuser "mara" -r "be kind"',
      answer: 'User mara kicked.',
    });
    answer = () => `SteamID ${maraId} is now banned`;
    await bed.ask(operator, 'player.ban', { player: maraId, server: 'beta' });
    answer = () => 'teleported mara to Old Tom';
    await bed.ask(operator, 'player.teleport', { player: 'mara', to: tomId });
    answer = () => 'Message sent.';
    await bed.ask(operator, 'server.broadcast', { server: 'beta', text: 'restart "now"' });
    expect(told).toEqual([
      'kickuser "mara" -r "be kind"',
      `banid ${maraId}`,
      'teleportplayer "mara" "Old Tom"',
      `servermsg "restart 'now'"`,
    ]);
    const { rows } = auditList.reply.parse(await bed.ask(localIdentity, 'audit.list', {}));
    expect(rows.find(({ subject }) => subject === 'player.kick')).toMatchObject({ target: 'alpha', outcome: 'ok' });
  });

  test('that could be several, or nobody, are refused, and so is what the game cannot be told', async () => {
    const kick = (data: object, who = localIdentity) => errorOf(who, 'player.kick', data);
    expect(await kick({ player: 'nobody' })).toBe('NOT_FOUND: nobody is not known to be online on any server');
    online(beta, 'beta', [['Q'], ['mara'], ['q'], ['a" quit']]);
    await eventually('they are there', async () => (await kick({ player: 'mara' })).startsWith('CONFLICT'));
    expect(await kick({ player: 'mara' })).toBe(
      `CONFLICT: mara could be one of 2: mara on alpha (${maraId}), mara on beta`,
    );
    expect(await kick({ player: 'q' })).toBe('CONFLICT: q could be one of 2: Q on beta, q on beta');
    expect(await kick({ player: 'Q', server: 'beta' })).toContain('CONFLICT');
    expect(await kick({ player: 'a" quit' })).toContain('INVALID_INPUT: beta: kickuser: player: it has a quote in it');
    expect(await kick({ player: 'Old Tom', server: 'beta' })).toBe('NOT_FOUND: Old Tom is not online on beta');
    const viewer = await bed.person([holding('viewer')]);
    expect(await kick({ player: 'Q' }, viewer)).toContain('FORBIDDEN');
    const onBeta = await bed.person([holding('viewer'), { role: 'operator', scope: { kind: 'server', id: beta } }]);
    expect(await kick({ player: 'Old Tom' }, onBeta)).toContain('FORBIDDEN: player.kick needs');
    expect(told).toEqual([]);
    answer = () => "User mara doesn't exist.";
    expect(await kick({ player: 'mara', server: 'alpha' })).toBe("NOT_FOUND: alpha: User mara doesn't exist.");
  });

  test('have passwords that are neither answered nor written down', async () => {
    answer = () => 'User lina created with password canary-4711';
    const wish = { player: 'lina', server: 'alpha', password: 'canary-4711' };
    expect(await bed.ask(localIdentity, 'player.whitelist-add', wish)).toMatchObject({
      command: 'adduser lina ***',
      answer: 'User lina created with password ***',
    });
    expect(told).toEqual(['adduser "lina" "canary-4711"']);
    expect(await bed.bytesOnDisk()).not.toContain('canary-4711');
  });
});
