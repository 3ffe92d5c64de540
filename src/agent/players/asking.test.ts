import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import type { PlayersReply } from '../../zomboid/players/players.ts';
import { testServer } from '../servers/server-bed.ts';
import { createAsking } from './asking.ts';
import { createPlayerTracker } from './tracker.ts';

const server = testServer();

test('a game is asked again soon where it was asked too early, and seldom where it never answers', async () => {
  const clock = createFakeClock(0);
  const asked: number[] = [];
  let reply: PlayersReply | undefined;
  const asking = createAsking({
    tracker: createPlayerTracker({ id: 's1', name: 'alpha' }, []),
    clock,
    ask: async () => {
      asked.push(clock.steady() / 1000);
      return reply;
    },
  });
  /** Looks once a second, as the watch does. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      asking.look(server, false);
      await asking.ended();
      clock.advance(1_000);
    }
  };
  asking.anew();
  await pass(500);
  expect(asked).toEqual([0, 6, 67, 368]);
  reply = { count: 0, names: [] };
  asking.anew();
  asked.length = 0;
  await pass(100);
  expect(asked).toEqual([500, 561]);
});
