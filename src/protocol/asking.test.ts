import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ZedopsError } from './errors.ts';
import { count, lone, nothing, pair, settle } from './peer-bed.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('silence', () => {
  test('ends a request and cancels it at the other end', async () => {
    let served: AbortSignal | undefined;
    const { left, right } = pair(({ signal }) => {
      served = signal;
      return new Promise(() => undefined);
    });
    const asked = left.request(count, { to: 1 });
    const failed = expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' });
    await settle();
    await vi.advanceTimersByTimeAsync(999);
    expect(left.pending().asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    await settle();
    expect(served?.reason).toMatchObject({ code: 'CANCELLED' });
    expect([left.pending(), right.pending()]).toEqual([nothing, nothing]);
  });

  test('begins anew with each piece of progress', async () => {
    const { peer, say } = lone();
    const asked = peer.request(count, { to: 1 });
    for (let at = 0; at < 5; at += 1) {
      await vi.advanceTimersByTimeAsync(900);
      say({ subject: '_INBOX.1', more: true, data: { at } });
      await settle();
    }
    say({ subject: '_INBOX.1', data: { sum: 1 } });
    await expect(asked).resolves.toEqual({ sum: 1 });
  });

  test('is no matter where the time-out is 0, and a huge one does not end at once', async () => {
    const { peer, say } = lone();
    const asked = [
      peer.request(count, { to: 1 }, { timeoutMs: 0 }),
      peer.request(count, { to: 1 }, { timeoutMs: 1e15 }),
    ];
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(peer.pending().asked).toBe(2);
    for (const inbox of [1, 2]) say({ subject: `_INBOX.${inbox}`, data: { sum: inbox } });
    await expect(Promise.all(asked)).resolves.toEqual([{ sum: 1 }, { sum: 2 }]);
  });
});

describe('giving up', () => {
  test('aborts the handler and lets go of the signal', async () => {
    const handled = vi.fn();
    const { left } = pair(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { onBug: handled },
    );
    const controller = new AbortController();
    const asked = left.request(count, { to: 1 }, { signal: controller.signal });
    await settle();
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    await settle();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(handled).not.toHaveBeenCalled();
  });

  test('before asking sends nothing', async () => {
    const { peer, sent } = lone();
    await expect(peer.request(count, { to: 1 }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await settle();
    expect(sent).toEqual([]);
  });

  test('passes on why, where that is an error of ours', async () => {
    const { peer } = lone();
    const controller = new AbortController();
    const asked = peer.request(count, { to: 1 }, { signal: controller.signal });
    controller.abort(new ZedopsError('FORBIDDEN', 'revoked'));
    await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('happens when a listener throws, or progress does not fit', async () => {
    const { peer, say, sent } = lone();
    const throwing = peer.request(
      count,
      { to: 1 },
      {
        onProgress: () => {
          throw new RangeError('no more');
        },
      },
    );
    const unfit = peer.request(count, { to: 1 });
    for (const inbox of [1, 2]) say({ subject: `_INBOX.${inbox}`, more: true, data: inbox === 1 ? { at: 1 } : 'junk' });
    await expect(throwing).rejects.toThrow('no more');
    await expect(unfit).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await settle();
    expect(sent.filter(({ subject }) => subject === '$cancel').map(({ data }) => data)).toEqual([
      '_INBOX.1',
      '_INBOX.2',
    ]);
  });
});
