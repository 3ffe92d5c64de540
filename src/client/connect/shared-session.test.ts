import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { sessionShow } from '../../protocol/operations/person.ts';
import { createFakeManager } from '../fake-manager.ts';
import type { Session } from './session.ts';
import { shareSession } from './shared-session.ts';

function openers() {
  const manager = createFakeManager(
    { 'session.show': () => ({ actor: { kind: 'local', id: '', name: 'local' }, grants: [] }) },
    createFakeClock(0),
  );
  const opened: Session[] = [];
  const closed: Session[] = [];
  const open = shareSession(async () => {
    const session = await manager.open();
    opened.push(session);
    return { ...session, close: () => void closed.push(session) };
  });
  return { manager, open, opened, closed };
}

test('all who come while it stands have one connection, which the last of them closes', async () => {
  const { open, opened, closed } = openers();
  const [first, second] = await Promise.all([open(), open()]);
  expect((await second.peer.request(sessionShow, {})).actor.name).toBe('local');
  first.close();
  first.close();
  const third = await open();
  expect([opened.length, closed.length]).toEqual([1, 0]);
  second.close();
  third.close();
  expect(closed).toEqual(opened);
  await open();
  expect(opened).toHaveLength(2);
});

test('who comes after it was lost gets another, while the others still hold theirs', async () => {
  const { manager, open, opened } = openers();
  const first = await open();
  manager.cut();
  await first.peer.closed;
  expect(first.lost()).toBeInstanceOf(ZedopsError);
  const second = await open();
  expect(second.lost()).toBeUndefined();
  expect(opened).toHaveLength(2);
  first.close();
  const third = await open();
  expect(opened).toHaveLength(2);
  second.close();
  third.close();
});

test('where it cannot be made everyone is told, and the next try makes it', async () => {
  let tries = 0;
  const { manager } = openers();
  const open = shareSession(async () => {
    tries += 1;
    if (tries === 1) throw new ZedopsError('UNREACHABLE', 'it is away');
    return manager.open();
  });
  const both = await Promise.allSettled([open(), open()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await open();
  expect(tries).toBe(2);
});
