import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import * as z from 'zod';
import type { Session } from '../src/client/session.ts';
import type { ObservedContainer } from '../src/protocol/entities/server.ts';
import { serverShow } from '../src/protocol/operations/server.ts';
import { eventually } from '../test/support/eventually.ts';
import { createFleet } from '../test/support/fleet.ts';
import { type Arrival, startTimedReader, wallClockOffset } from './arrivals.ts';
import { amount, type Bench, type BenchContext, beside, type Row } from './comparison.ts';
import { needSimulatorImage } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { openSignedIn } from './signed-in.ts';
import { createSimulatedServer, must, type SimulatedServer } from './simulated-server.ts';
import { percentile } from './statistics.ts';

/** What is done to the container behind ZedOps’ back, how often, and the event and the status that come of it. */
const plan = [
  { does: 'pause', rounds: 30, event: 'pause', status: 'paused' },
  { does: 'unpause', rounds: 30, event: 'unpause', status: 'running' },
  { does: 'kill', rounds: 5, event: 'die', status: 'exited' },
] as const;
type Act = (typeof plan)[number];

const goalMs = 1_000;
const settleMs = 300;

/** How soon a client sees what somebody did to a container with the engine’s own command. */
export const event: Bench = {
  name: 'event',
  method: `One ready simulated server on Docker; \`docker pause\`, \`docker unpause\` and \`docker kill\` on its container. A signed-in person’s open session asks \`server.show\` again and again, without a pause in between, until the container’s status is the new one, because there is no stream of states for people: the age has up to one such question in it, whose time is the last row. \`docker events\` listens at the same time. Ages are from the nanosecond time the engine gave the event: of the answer to the question, and of the event’s line as it was read from \`docker events\`. The goal, a second, is for the slowest of all. Of a killed container the engine answers nothing until it has taken down its ports, which is in our age and not in that of \`docker events\`, whose line does not say what became of the container.`,
  async run(context) {
    await needSimulatorImage();
    const fleet = await createFleet({ runtime: 'docker' });
    context.cleaner.add(() => fleet.dispose());
    const server = await createSimulatedServer(fleet, context, 'events', {});
    const session = await openSignedIn(fleet.far.home);
    context.cleaner.add(() => session.close());
    await untilStatus(session, server, 'running');
    const questions: number[] = [];
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
      const looking = untilStatus(session, server, act.status, questions);
      await execa('docker', [act.does, server.container]);
      seen.push({ act, at: await looking });
      if (act.does !== 'kill') return;
      await must(fleet, ['server', 'start', server.name]);
      await eventually('the server to be ready again', async () => {
        const { server: now } = await session.peer.request(serverShow, { server: server.name });
        return now.state === 'ready';
      });
    });
    await pause(settleMs);
    const heard = heardEvents(await docker.end());
    await server.remove();
    return [...shown.flatMap((act) => rowsOf(act, seen, heard)), questionRow(questions)];
  },
};

/** When a person’s session knew of something that was done, in milliseconds since 1970. */
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

/** Asks until the container has the status. @returns when the answer that said so was there. */
async function untilStatus(
  { peer }: Session,
  { name }: SimulatedServer,
  status: ObservedContainer['status'],
  questions: number[] = [],
): Promise<number> {
  const toWallClock = wallClockOffset();
  const deadline = performance.now() + 30_000;
  for (;;) {
    const begun = performance.now();
    const { server } = await peer.request(serverShow, { server: name });
    const now = performance.now();
    questions.push(now - begun);
    if (server.observed?.container?.status === status) return now + toWallClock;
    if (now > deadline) throw new Error(`nobody noticed within 30 s that ${name} is ${status}`);
  }
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

function questionRow(questions: readonly number[]): Row {
  return { what: 'one question, p50', ours: amount(percentile(questions, 0.5), 'ms') };
}
