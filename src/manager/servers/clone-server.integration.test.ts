import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { Forwarded } from '../../protocol/forward.ts';
import { newId } from '../../protocol/id.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;
let alphaId: string;
let agent: ScriptedAgent;

const cloned: AgentScript = async (data) => {
  const { server } = Forwarded.parse(data);
  const { id = '', name = '', game } = server ?? {};
  return { id, name, folder: `/srv/${name}`, ports: game?.ports ?? [], copy: 'exact', state: 'ready' };
};

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

async function begin(script: AgentScript = cloned): Promise<void> {
  agent = await bed.agent(hostId, { 'server.clone': script });
  const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' } };
  await bed.ask(admin, 'server.create', alpha);
  alphaId = forwarded('server.create')[0]?.server?.id ?? '';
}

function forwarded(subject: string): Forwarded[] {
  return agent.asked.filter((one) => one.subject === subject).map(({ data }) => Forwarded.parse(data));
}

describe('cloning a server', () => {
  test('makes another with the same settings, ports of its own and the same world', async () => {
    await begin();
    expect(await bed.ask(admin, 'server.clone', { server: 'alpha', name: 'bravo' })).toMatchObject({ name: 'bravo' });
    const [sent] = forwarded('server.clone');
    expect(sent).toMatchObject({
      input: { server: alphaId, name: 'bravo', env: {} },
      server: {
        name: 'bravo',
        power: 'on',
        env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha', SERVER_NAME: 'alpha' },
        game: { worldName: 'alpha' },
      },
    });
    expect(sent?.server?.id).not.toBe(alphaId);
    const ports = [forwarded('server.create')[0], sent].map((one) => one?.server?.game.ports.map(({ port }) => port));
    expect(new Set(ports.flat()).size).toBe(ports.flat().length);
    expect(await bed.bytesOnDisk()).not.toContain('Adm1n-secret-of-alpha');
  });

  test('takes settings that are to be others, and refuses another name for the world', async () => {
    await begin();
    await bed.ask(admin, 'server.clone', { server: 'alpha', name: 'bravo', env: { GAME_PORT: '17000' } });
    expect(forwarded('server.clone')[0]?.server?.game.ports).toMatchObject([{ port: 17_000 }, {}]);
    const renamed = { server: 'alpha', name: 'charlie', env: { SERVER_NAME: 'charlie' } };
    await expect(bed.ask(admin, 'server.clone', renamed)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const taken = { server: 'alpha', name: 'charlie', env: { GAME_PORT: '17000' } };
    await expect(bed.ask(admin, 'server.clone', taken)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(bed.ask(admin, 'server.clone', { server: 'alpha', name: 'alpha' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('makes one server for one request, however often it is asked', async () => {
    await begin();
    const id = newId();
    const first = await bed.ask(admin, 'server.clone', { server: 'alpha', name: 'bravo' }, { id });
    expect(await bed.ask(admin, 'server.clone', { server: 'alpha', name: 'bravo' }, { id })).toEqual(first);
    const ids = new Set(forwarded('server.clone').map(({ server }) => server?.id));
    expect(ids.size).toBe(1);
  });

  test('needs to create on the host and not only to rule the one server', async () => {
    await begin();
    const owner = await bed.person([{ role: 'agent-admin', scope: { kind: 'server', id: alphaId } }]);
    const request = { server: 'alpha', name: 'bravo' };
    await expect(bed.ask(owner, 'server.clone', request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'server.clone needs the permission server:create on box-1, and you lack it',
    });
    const operator = await bed.person([holding('operator')]);
    await expect(bed.ask(operator, 'server.clone', request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const stranger = await bed.person([]);
    await expect(bed.ask(stranger, 'server.clone', request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(forwarded('server.clone')).toEqual([]);
  });

  test('is off the list when its host has nothing of it, and stays on it otherwise', async () => {
    await begin(async (data) => {
      const { server } = Forwarded.parse(data);
      const seen = { id: server?.id ?? '', name: server?.name ?? '', at: '2026-01-01T00:00:00.000Z', revision: 1 };
      agent.observe({ ...seen, data: server?.name === 'bravo' ? 'missing' : 'present' });
      throw new ZedopsError('INTERNAL', 'the disk broke');
    });
    await expect(bed.ask(admin, 'server.clone', { server: 'alpha', name: 'bravo' })).rejects.toThrow('the disk broke');
    await expect(bed.ask(admin, 'server.show', { server: 'bravo' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(bed.ask(admin, 'server.clone', { server: 'alpha', name: 'charlie' })).rejects.toThrow(
      'the disk broke',
    );
    expect(await bed.ask(admin, 'server.show', { server: 'charlie' })).toMatchObject({ server: { name: 'charlie' } });
  });
});
