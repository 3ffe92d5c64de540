import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import * as z from 'zod';
import { followEvents } from '../src/client/follow/follow-events.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { FleetEvent } from '../src/protocol/entities/event.ts';
import { serverShow } from '../src/protocol/operations/server.ts';
import { eventually } from '../test/support/eventually.ts';
import { createFleet } from '../test/support/fleet.ts';
import { type Arrival, startTimedReader, wallClockOffset } from './arrivals.ts';
import { type Bench, type BenchContext, beside, type Row } from './comparison.ts';
import { needSimulatorImage } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { openSignedIn } from './signed-in.ts';
import { createSimulatedServer, must, type SimulatedServer } from './simulated-server.ts';
import { percentile } from './statistics.ts';

/** What is done to the container behind ZedOps’ back, how often, the engine’s event, and ZedOps’ events that tell of it. */
const plan = [
  { does: 'pause', rounds: 30, event: 'pause', kinds: ['paused'] },
  { does: 'unpause', rounds: 30, event: 'unpause', kinds: ['resumed'] },
  { does: 'kill', rounds: 5, event: 'die', kinds: ['crashed', 'stopped'] },
] as const;
type Act = (typeof plan)[number];

const goalMs = 1_000;
const settleMs = 300;

/** How soon a client sees what somebody did to a container with the engine’s own command. */
export const event: Bench = {
  name: 'event',
  method: `One ready simulated server on Docker; \`docker pause\`, \`docker unpause\` and \`docker kill\` on its container. A signed-in person follows its events, as \`zedops events -f\` does, and asks for nothing meanwhile; \`docker events\` listens at the same time. Ages are from the nanosecond time the engine gave its event: to when the person’s session handed over the event that tells of it, and to when the line of \`docker events\` was read. The goal, a second, is for the slowest of all. Of a killed container the engine answers nothing until it has taken down its ports, which is in our age and not in that of \`docker events\`, whose line does not say what became of the container.`,
  async run(context) {
    await needSimulatorImage();
    const fleet = await createFleet({ runtime: 'docker' });
    context.cleaner.add(() => fleet.dispose());
    const server = await createSimulatedServer(fleet, context, 'events', {});
    const session = await openSignedIn(fleet.far.home);
    context.cleaner.add(() => session.close());
    const following = await follow(context, fleet.far.home, server);
    const docker = startTimedReader(
      context.cleaner,
      'docker',
      ['events', '--filter', `container=${server.container}`, '--format', '{{json .}}'],
      leanEnv(),
    );
    await pause(settleMs);
    const seen: Seen[] = [];
    const shown = await inRounds(context, async (act) => {
      await pause(settleMs);
      const told = following.next(act.kinds);
      await execa('docker', [act.does, server.container]);
      seen.push({ act, at: await told });
      if (act.does !== 'kill') return;
      await must(fleet, ['server', 'start', server.name]);
      await eventually('the server to be ready again', async () => {
        const { server: now } = await session.peer.request(serverShow, { server: server.name });
        return now.state === 'ready';
      });
    });
    await pause(settleMs);
    const heard = heardEvents(await docker.end());
    await following.end();
    await server.remove();
    return shown.flatMap((act) => rowsOf(act, seen, heard));
  },
};

/** When a person’s session told of something that was done, in milliseconds since 1970. */
interface Seen {
  readonly act: Act;
  readonly at: number;
}

/** An event as `docker events` told it. */
interface Heard {
  readonly action: string;
  /** Milliseconds since 1970, by the engine. */
  readonly happenedAt: number;
  /** When it was read. */
  readonly at: number;
}

/** Pauses and goes on in turn, because a container takes each only after the other; then the kills. */
async function inRounds({ say }: BenchContext, task: (act: Act) => Promise<void>): Promise<readonly Act[]> {
  const [stop, go, end] = plan;
  say(`${stop.rounds} pauses`);
  for (let round = 0; round < stop.rounds; round += 1) {
    await task(stop);
    await task(go);
  }
  say(`${end.rounds} kills`);
  for (let round = 0; round < end.rounds; round += 1) await task(end);
  return plan;
}

/** A person who follows the events of a server. */
interface Following {
  /** Resolves with the time at which the next event of one of these kinds came, in milliseconds since 1970. */
  next(kinds: readonly string[]): Promise<number>;
  end(): Promise<void>;
}

/** Follows the events of a server. Resolves when those from before have come. */
async function follow({ cleaner }: BenchContext, home: string, { name }: SimulatedServer): Promise<Following> {
  const toWallClock = wallClockOffset();
  const ended = new AbortController();
  const waiting = new Set<(event: FleetEvent, at: number) => void>();
  const isConnected = Promise.withResolvers<void>();
  const following = followEvents(
    { server: name, limit: 1 },
    {
      open: () => openSignedIn(home),
      take(event) {
        const at = performance.now() + toWallClock;
        isConnected.resolve();
        for (const tell of [...waiting]) tell(event, at);
      },
      onConnection: (state) => isConnected.reject(new Error(`the connection is ${state}`)),
      clock: systemClock,
      signal: ended.signal,
    },
  ).catch((error: unknown) => {
    isConnected.reject(error);
    if (!ended.signal.aborted) throw error;
  });
  const end = cleaner.add(async () => {
    ended.abort();
    await following;
  });
  await isConnected.promise;
  return {
    async end() {
      await end();
    },
    async next(kinds) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const tell = (event: FleetEvent, at: number): void => {
        if (kinds.includes(event.kind)) resolve(at);
      };
      const tooLate = setTimeout(() => reject(new Error(`nobody told within 30 s of ${kinds.join(' or ')}`)), 30_000);
      waiting.add(tell);
      try {
        return await promise;
      } finally {
        clearTimeout(tooLate);
        waiting.delete(tell);
      }
    },
  };
}

const EngineEvent = z.object({ Action: z.string(), timeNano: z.number() });

function heardEvents(lines: readonly Arrival[]): Heard[] {
  return lines.map(({ at, text }) => {
    const { Action, timeNano } = EngineEvent.parse(JSON.parse(text));
    return { action: Action, happenedAt: timeNano / 1e6, at };
  });
}

function rowsOf(act: Act, seen: readonly Seen[], heard: readonly Heard[]): Row[] {
  const theirs = heard.filter(({ action }) => action === act.event);
  const ours = seen.filter((each) => each.act === act);
  if (theirs.length !== ours.length) {
    throw new Error(`docker events told ${theirs.length} times of ${act.event}, which happened ${ours.length} times`);
  }
  const ages = ours.map(({ at }, index) => at - (theirs[index]?.happenedAt ?? Number.NaN));
  const theirAges = theirs.map(({ at, happenedAt }) => at - happenedAt);
  const [slowest, theirSlowest] = [percentile(ages, 1), percentile(theirAges, 1)];
  return [
    beside(`docker ${act.does}, p50 of ${act.rounds}`, ages, theirAges, 'ms'),
    {
      ...beside(`docker ${act.does}, slowest`, [slowest], [theirSlowest], 'ms'),
      goal: `≤ ${goalMs.toLocaleString('en-US')} ms`,
      met: slowest <= goalMs,
    },
  ];
}
