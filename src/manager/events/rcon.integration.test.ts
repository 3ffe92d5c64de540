import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { AuditRow } from '../../protocol/entities/audit.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentRcon } from '../../protocol/operations/rcon.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

async function withAlpha(answer: AgentScript) {
  const agent = await bed.agent(hostId, { [agentRcon.subject]: answer });
  await bed.ask(admin, 'server.create', { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'secret-of-alpha' } });
  return agent;
}

async function rows(): Promise<readonly AuditRow[]> {
  const { rows: all } = z.object({ rows: z.array(AuditRow) }).parse(await bed.ask(admin, 'audit.list', {}));
  return all.filter(({ subject }) => subject === 'server.rcon');
}

describe('a console command', () => {
  test('goes to the server’s host as it was typed, and into the audit without its password', async () => {
    const agent = await withAlpha(async () => ({ text: 'User bob created with password', ms: 61, build: '42' }));
    const command = 'adduser "bob" "hunter2"';
    expect(await bed.ask(admin, 'server.rcon', { server: 'alpha', command })).toEqual({
      ...{ text: 'User bob created with password', ms: 61, build: '42' },
    });
    const [sent] = agent.asked.filter(({ subject }) => subject === agentRcon.subject);
    expect(sent?.data).toMatchObject({ command });
    expect(await rows()).toMatchObject([{ outcome: 'ok', target: 'alpha', actor: admin.actor }]);
    expect(JSON.stringify(await rows())).toContain('adduser');
    expect(JSON.stringify(await rows())).not.toContain('hunter2');
  });

  test('that failed is in the audit with how', async () => {
    await withAlpha(async () => {
      throw new ZedopsError('CONFLICT', 'alpha is not running');
    });
    await expect(bed.ask(admin, 'server.rcon', { server: 'alpha', command: 'save' })).rejects.toThrow('not running');
    expect(await rows()).toMatchObject([{ outcome: 'CONFLICT', message: 'alpha is not running' }]);
  });

  test('of a viewer may only tell something', async () => {
    await withAlpha(async () => ({ text: 'Players connected (0): \n', ms: 52 }));
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.ask(viewer, 'server.rcon', { server: 'alpha', command: 'players' })).toMatchObject({ ms: 52 });
    expect(await bed.codeOf(viewer, 'server.rcon', { server: 'alpha', command: 'quit' })).toBe('FORBIDDEN');
    expect((await rows()).map(({ outcome }) => outcome).toSorted()).toEqual(['FORBIDDEN', 'ok']);
  });

  test.each(['', ' ', 'players\nquit', 'x'.repeat(1_025)])('that is none is refused: %j', async (command) => {
    await withAlpha(async () => ({ text: '', ms: 1 }));
    expect(await bed.codeOf(admin, 'server.rcon', { server: 'alpha', command })).toBe('INVALID_INPUT');
  });
});
