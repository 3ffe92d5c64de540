import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeCodes } from '../../protocol/wire.ts';
import { closed, type DoorBed, openDoorBed, outcomeOf, wireOf } from './door-bed.ts';
import { createIdentify } from './identify.ts';
import type { Live } from './live.ts';

let bed: DoorBed;
beforeEach(async () => {
  bed = await openDoorBed();
});
afterEach(() => bed.close());

describe('what is revoked', () => {
  async function within<Result>(ms: number, task: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    const result = await task();
    expect(performance.now() - begun).toBeLessThan(ms);
    return result;
  }

  test.each(['person', 'session', 'token'] as const)('cuts the connections of a %s within a second', async (kind) => {
    const { token, personId, sessionId } = await bed.signIn();
    const api = await bed.makeToken(personId, ['server:read']);
    const row = await bed.store.db.selectFrom('tokens').select('id').executeTakeFirstOrThrow();
    const other = await bed.signIn();
    const stays = wireOf(await bed.dial('/client', { token: other.token }));
    const goes = closed(wireOf(await bed.dial('/client', { token: kind === 'token' ? api : token })));
    const key = { person: `person:${personId}`, session: `session:${sessionId}`, token: `token:${row.id}` } as const;
    const { code, reason } = await within(1_000, () => {
      expect(bed.live.cut(key[kind], 'it was revoked')).toBe(1);
      return goes;
    });
    expect({ code, reason }).toEqual({ code: closeCodes.rejected, reason: 'it was revoked' });
    stays.send('still here');
    await expect(
      new Promise((resolve) => stays.listen({ frame: resolve, drained: () => 0, closed: () => 0 })),
    ).resolves.toBe('still here');
  });

  test('cuts the connection of a host within a second, and it does not come again', async () => {
    const host = await bed.join('box-1');
    const goes = closed(wireOf(await bed.dial('/agent', { identity: host })));
    const { code } = await within(1_000, async () => {
      expect(await bed.enrolment.revoke(host.hostId)).toEqual({ wasOnline: true });
      return goes;
    });
    expect(code).toBe(closeCodes.rejected);
    expect(await outcomeOf(bed.dial('/agent', { identity: host }))).toBe('rejected: FORBIDDEN');
    expect(bed.live.count(`identity host:${host.hostId}`)).toBe(0);
  });

  test('says nothing more to the manager from that moment on, and may still be told', async () => {
    const { token, sessionId } = await bed.signIn();
    const wire = wireOf(await bed.dial('/client', { token }));
    const goes = closed(wire);
    bed.live.cut(`session:${sessionId}`, 'signed out');
    wire.send('late');
    bed.clients[0]?.wire.send('the answer');
    expect((await goes).frames).toEqual(['the answer']);
  });

  test.each(['/client', '/agent'] as const)('is noticed while somebody comes in at %s', async (path) => {
    await bed.close();
    const hold: { live?: Live; key?: `host:${string}` | `person:${string}` } = {};
    const cut = (): number | undefined => hold.key && hold.live?.cut(hold.key, 'revoked on the way');
    const behind: { bed?: DoorBed } = {};
    bed = await openDoorBed({
      identify: async (authorization) => {
        if (!behind.bed) return undefined;
        const known = await createIdentify({ db: behind.bed.store.db, clock: behind.bed.clock })(authorization);
        cut();
        return known;
      },
      enrolment: {
        authenticate: async (certificate) => {
          const known = await behind.bed?.enrolment.authenticate(certificate);
          cut();
          return known ?? { rejected: 'unknown' };
        },
      },
    });
    behind.bed = bed;
    hold.live = bed.live;
    const { token, personId } = await bed.signIn();
    const host = await bed.join('box-1');
    const as = path === '/client' ? { token } : { identity: host };
    expect(await outcomeOf(bed.dial(path, as))).toBe('let in');
    hold.key = path === '/client' ? `person:${personId}` : `host:${host.hostId}`;
    expect(await outcomeOf(bed.dial(path, as))).toBe('rejected: FORBIDDEN');
    expect([bed.clients.length, bed.agents.length]).toEqual(path === '/client' ? [1, 0] : [0, 1]);
  });

  test('ends a call over HTTP that lasts, and lets one that is nearly done finish', async () => {
    await bed.close();
    const held: ((value: unknown) => void)[] = [];
    const aborted: unknown[] = [];
    bed = await openDoorBed({
      call: (_subject, _data, { signal }) => {
        signal.addEventListener('abort', () => aborted.push(signal.reason));
        return new Promise((resolve) => {
          held.push(resolve);
        });
      },
    });
    const { token, personId } = await bed.signIn();
    const lasting = bed.post('server.list', {}, { token });
    await expect.poll(() => held.length).toBe(1);
    const { status, text } = await within(1_000, () => {
      bed.live.cut(`person:${personId}`, 'this person was removed');
      return lasting;
    });
    expect([status, text]).toEqual([401, expect.stringContaining('this person was removed')]);
    expect(aborted).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
    const again = await bed.signIn();
    const signingOut = bed.post('session.end', {}, { token: again.token });
    await expect.poll(() => held.length).toBe(2);
    bed.live.cut(`session:${again.sessionId}`, 'signed out');
    held[1]?.({});
    expect(await signingOut).toMatchObject({ status: 200, text: '{}' });
  });

  test('what expires may come again with something newer', async () => {
    const { token } = await bed.signIn({ expiresInMs: 60_000 });
    const goes = closed(wireOf(await bed.dial('/client', { token })));
    bed.clock.advance(66_000);
    expect((await goes).code).toBe(closeCodes.goingAway);
    expect(await outcomeOf(bed.dial('/client', { token }))).toBe('rejected: UNAUTHENTICATED');
  });
});
