import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { AuditRow } from '../../protocol/entities/audit.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { operations } from '../../protocol/operations/index.ts';
import type { Permission } from '../../protocol/permissions.ts';
import { type CoreBed, holding, openCoreBed, permissionsOf } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';
import { requestOf, secrets } from './sample-requests.ts';

let bed: CoreBed;
let alpha: { hostId: string; serverId: string };

const env = { ADMIN_PASSWORD: secrets.admin };

beforeEach(async () => {
  bed = await openCoreBed();
  const hostId = await bed.host('box-1');
  await bed.host('spare');
  await bed.agent(hostId);
  const made = await bed.ask(localIdentity, 'server.create', { name: 'alpha', host: 'box-1', image: 'little', env });
  alpha = { hostId, serverId: z.object({ id: z.string() }).parse(made).id };
});
afterEach(() => bed.close());

/** Codes that say no to who asks, as opposed to what. */
const refusals = ['UNAUTHENTICATED', 'FORBIDDEN'];

async function verdict(identity: Identity | undefined, subject: string): Promise<string> {
  // A stream that has begun has said yes.
  const enough = new AbortController();
  const options = { progress: () => enough.abort(), signal: enough.signal };
  const code = await bed.codeOf(identity, subject, requestOf(subject), options);
  return refusals.includes(code) ? code : 'done';
}

describe('every operation', () => {
  const roles = ['viewer', 'operator', 'agent-admin', 'admin'] as const;

  test.each(roles)('is open to a %s as far as the role reaches, and no further', async (role) => {
    const identity = await bed.person([holding(role)]);
    const may = permissionsOf([role]);
    for (const { subject, audience, permission } of operations) {
      const isOpen = audience === 'people' && (permission === 'none' || may.has(permission));
      const isOthers = audience === 'agent' || audience === 'manager';
      // Wrong passwords are refused with the words of someone who is not known.
      const expected =
        subject === 'session.start' || subject === 'host.join' || subject === 'user.password'
          ? undefined
          : isOthers || (audience === 'people' && !isOpen)
            ? 'FORBIDDEN'
            : 'done';
      if (subject === 'session.end' || expected === undefined) continue;
      expect({ subject, verdict: await verdict(identity, subject) }).toEqual({ subject, verdict: expected });
    }
  });

  test('is closed to nobody but signing in and joining', async () => {
    for (const { subject, audience } of operations) {
      if (audience === 'nobody') continue;
      const expected = audience === 'people' ? 'UNAUTHENTICATED' : audience === 'peer' ? 'done' : 'FORBIDDEN';
      expect({ subject, verdict: await verdict(undefined, subject) }).toEqual({ subject, verdict: expected });
    }
  });

  test('is open to a token within its own limits and those of its person', async () => {
    const limits: readonly (readonly Permission[])[] = [['server:read'], ['server:control'], ['host:manage']];
    for (const limitedTo of limits) {
      const identity = await bed.person([holding('operator')], limitedTo);
      const may = [...permissionsOf(['operator'])].filter((permission) => limitedTo.includes(permission));
      for (const { subject, audience, permission, target } of operations) {
        if (audience !== 'people' || permission === 'none' || subject === 'session.end') continue;
        // A stream that has begun has said yes.
        const enough = new AbortController();
        const options = { progress: () => enough.abort(), signal: enough.signal };
        const code = await bed.codeOf(identity, subject, requestOf(subject), options);
        const isSeen = may.includes(target === 'server' ? 'server:read' : 'host:read');
        if (may.includes(permission)) expect({ subject, limitedTo, code }).not.toMatchObject({ code: 'FORBIDDEN' });
        else if (target === 'server' || target === 'host') {
          expect({ subject, limitedTo, code }).toMatchObject({ code: isSeen ? 'FORBIDDEN' : 'NOT_FOUND' });
        } else expect({ subject, limitedTo, code }).toMatchObject({ code: 'FORBIDDEN' });
      }
    }
  });

  test('about a server or host of others is as if it were not there', async () => {
    const otherHost = await bed.host('box-2');
    const elsewhere = await bed.person([{ role: 'admin', scope: { kind: 'host', id: otherHost } }]);
    for (const { subject, audience, target } of operations) {
      if (audience !== 'people' || (target !== 'server' && target !== 'host')) continue;
      const known = await bed.codeOf(elsewhere, subject, requestOf(subject));
      expect({ subject, known }).toEqual({ subject, known: 'NOT_FOUND' });
    }
    await expect(bed.ask(elsewhere, 'server.show', { server: 'alpha' })).rejects.toThrow('There is no server alpha');
    await expect(bed.ask(elsewhere, 'server.show', { server: alpha.serverId })).rejects.toThrow('There is no server');
    expect(await bed.ask(elsewhere, 'server.list', {})).toEqual({ servers: [] });
    expect(await bed.ask(elsewhere, 'job.list', {})).toMatchObject({ jobs: [] });
    const { hosts } = z
      .object({ hosts: z.array(z.object({ name: z.string() })) })
      .parse(await bed.ask(elsewhere, 'host.list', {}));
    expect(hosts.map(({ name }) => name)).toEqual(['box-2']);
  });

  test('on a server that may be read says what is missing', async () => {
    const viewer = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: alpha.serverId } }]);
    await expect(bed.ask(viewer, 'server.stop', { server: 'alpha' })).rejects.toThrow(
      'server.stop needs the permission server:control on alpha',
    );
    expect(await bed.ask(viewer, 'server.list', {})).toMatchObject({ servers: [{ name: 'alpha' }] });
  });
});

describe('a request', () => {
  test('of an unknown operation is answered with the nearest', async () => {
    await expect(bed.ask(localIdentity, 'server.strat', {})).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('did you mean "server.start"?'),
    });
  });

  test('that does not fit names the field', async () => {
    await expect(bed.ask(localIdentity, 'server.logs', { server: 'alpha', tail: -1 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('tail'),
    });
  });

  test('for a mistyped server is answered with the nearest one may see', async () => {
    await expect(bed.ask(localIdentity, 'server.stop', { server: 'alhpa' })).rejects.toThrow('did you mean "alpha"?');
  });

  test('ends in nothing when nobody comes too often', async () => {
    const codes = new Set<string>();
    for (let tries = 0; tries < 130; tries += 1) {
      codes.add(await bed.codeOf(undefined, 'session.start', requestOf('session.start')));
    }
    expect(codes).toContain('UNREACHABLE');
    const { rows } = await audit();
    expect(rows.filter(({ subject }) => subject === 'session.start')).toHaveLength(120);
  });
});

async function audit(): Promise<{ rows: AuditRow[] }> {
  return z.object({ rows: z.array(AuditRow) }).parse(await bed.ask(localIdentity, 'audit.list', { limit: 1000 }));
}

describe('the audit', () => {
  test('has what was done, by whom, on what and how it ended', async () => {
    const operator = await bed.person([holding('operator')]);
    const id = newId();
    await bed.ask(operator, 'server.stop', { server: 'alpha' }, { id });
    const { rows } = await audit();
    expect(rows[0]).toMatchObject({
      requestId: id,
      actor: operator.actor,
      subject: 'server.stop',
      target: 'alpha',
      outcome: 'ok',
      details: { server: 'alpha' },
      from: '192.0.2.7',
    });
    expect(rows.at(-1)).toMatchObject({
      subject: 'server.create',
      target: 'alpha',
      actor: { kind: 'local', name: 'local' },
    });
  });

  test('has who was refused, and leaves out who only looked', async () => {
    const viewer = await bed.person([holding('viewer')]);
    const stranger = await bed.person([]);
    await bed.codeOf(viewer, 'server.stop', { server: 'alpha' });
    await bed.codeOf(stranger, 'server.kill', { server: 'alpha' });
    await bed.codeOf(viewer, 'audit.list', {});
    await bed.ask(viewer, 'server.show', { server: 'alpha' });
    const { rows } = await audit();
    const mine = rows.filter(({ actor }) => actor.kind === 'person');
    expect(mine.map(({ subject, outcome, target }) => ({ subject, outcome, target }))).toEqual([
      { subject: 'server.kill', outcome: 'NOT_FOUND', target: undefined },
      { subject: 'server.stop', outcome: 'FORBIDDEN', target: 'alpha' },
    ]);
  });

  test('has a row on the disk before the effect', async () => {
    const operator = await bed.person([holding('operator')]);
    const hostId = await bed.host('box-3');
    const seen: unknown[] = [];
    await bed.agent(hostId, {
      'server.stop': async () => {
        seen.push((await audit()).rows[0]);
        throw new ZedopsError('TIMEOUT', 'the game hangs');
      },
    });
    await bed.ask(localIdentity, 'server.create', {
      name: 'gamma',
      host: 'box-3',
      image: 'little',
      env,
    });
    await expect(bed.ask(operator, 'server.stop', { server: 'gamma' })).rejects.toThrow('the game hangs');
    expect(seen).toMatchObject([{ subject: 'server.stop', outcome: 'begun', target: 'gamma' }]);
    expect((await audit()).rows[0]).toMatchObject({ outcome: 'TIMEOUT', message: 'the game hangs' });
  });

  test('that cannot be written stops the operation', async () => {
    await bed.core.store.db.schema.dropTable('audit').execute();
    await expect(bed.ask(localIdentity, 'server.stop', { server: 'alpha' })).rejects.toThrow(
      'server.stop was not done, because the audit cannot be written',
    );
    expect(await bed.ask(localIdentity, 'server.show', { server: 'alpha' })).toMatchObject({ server: { power: 'on' } });
  });

  test('and everything else on the disk have no secret in them', async () => {
    const { code } = z
      .object({ code: z.string() })
      .parse(await bed.ask(localIdentity, 'user.add', { email: 'ann@example.org', role: 'operator' }));
    await bed.ask(undefined, 'session.start', { code, password: secrets.password });
    const invited = z
      .object({ code: z.string() })
      .parse(await bed.ask(localIdentity, 'host.invite', { name: 'box-9' }));
    await bed.codeOf(localIdentity, 'server.create', {
      name: 'delta',
      host: 'box-1',
      image: 'little',
      env: { ...env, NOT_KNOWN: secrets.password },
    });
    await bed.codeOf(undefined, 'session.start', { email: 'ann@example.org', password: secrets.password });
    const disk = await bed.bytesOnDisk();
    expect(disk).toContain('ann@example.org');
    for (const secret of [...Object.values(secrets), code, invited.code]) expect(disk).not.toContain(secret);
    const { rows } = await audit();
    expect(rows.find(({ outcome }) => outcome === 'INVALID_INPUT')?.details).toMatchObject({
      env: { ADMIN_PASSWORD: 'set', NOT_KNOWN: 'set' },
    });
    expect(JSON.stringify(await bed.ask(localIdentity, 'server.show', { server: 'alpha' }))).not.toContain(
      secrets.admin,
    );
  });
});

test('nothing is left running', async () => {
  await bed.core.gateway.idle();
  expect(bed.troubles).toEqual([]);
});
