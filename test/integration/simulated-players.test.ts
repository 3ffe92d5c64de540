import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type AgentBed, createAgentBed } from '../../src/agent/agent-bed.ts';
import type { HostEvent } from '../../src/protocol/entities/event.ts';
import { agentEvents } from '../../src/protocol/operations/event.ts';
import { serverCreate } from '../../src/protocol/operations/server.ts';
import { startRun, type TestRun, testSecrets } from '../../src/simulator/test-run.ts';
import { eventually } from '../support/eventually.ts';

let bed: AgentBed;
let game: TestRun | undefined;
afterEach(async () => {
  // The game writes into the bed's folder as long as it runs.
  await game?.dispose();
  game = undefined;
  await bed.dispose();
});

/** Makes a server whose container is of the fake engine, and whose game is a real run of the simulator. */
async function playOn(build: '41' | '42', env: Readonly<Record<string, string>> = {}): Promise<TestRun> {
  bed = await createAgentBed();
  const folder = join(bed.dataRoot, 'alpha', 'data');
  const { game: facts, ...server } = bed.server();
  const run = await startRun({ SIM_BUILD: build, SIM_PLAYERS: '3', ...env }, folder);
  game = run;
  const rcon = { port: run.rconPort, passwordKey: 'RCON_PASSWORD' };
  await run.until(/RCON: listening/);
  await bed.ask(serverCreate, { ...server, env: { ...testSecrets }, game: { ...facts, rcon } });
  return run;
}
async function eventsUntil(isEnough: (events: readonly HostEvent[]) => boolean): Promise<readonly HostEvent[]> {
  const events: HostEvent[] = [];
  const enough = new AbortController();
  await bed
    .manager()
    .request(
      agentEvents,
      {},
      {
        signal: enough.signal,
        onProgress(batch) {
          events.push(...batch.events.filter(({ kind }) => kind.startsWith('player-')));
          if (isEnough(events)) enough.abort();
        },
      },
    )
    .catch(() => undefined);
  return events;
}
const namesOf = (events: readonly HostEvent[], kind: string): string[] =>
  events.flatMap((event) => (event.kind === kind ? [event.player?.name ?? ''] : [])).toSorted();

test.each(['41', '42'] as const)('players of build %s come, are kicked and go with the game', async (build) => {
  const run = await playOn(build);
  const isOnline = (count: number) => () => bed.observed('s1')?.players?.count === count;
  await eventually('three to be online', isOnline(3));
  const first = await eventsUntil((events) => namesOf(events, 'player-joined').length >= 3);
  // Later ones come and go as they like.
  expect(first.slice(0, 3).map(({ kind, player }) => `${kind} ${player?.name}`)).toEqual([
    ...['player-joined mara', 'player-joined Old Tom', 'player-joined kentucky-jim'],
  ]);
  run.type('kickuser "mara"');
  const second = await eventsUntil((events) => namesOf(events, 'player-joined').length >= 4);
  // Who was kicked is followed by another one.
  expect(namesOf(second, 'player-left')).toContain('mara');
  await bed.restart();
  await eventually('who is online after the restart', isOnline(3));
  const before = await eventsUntil((events) => events.length >= second.length);
  expect(before.slice(0, second.length)).toEqual(second);
  run.type('quit');
  await run.exit;
  bed.fake.container('s1').exit(0);
  const all = await eventsUntil((events) => {
    const here = namesOf(events, 'player-joined').length - namesOf(events, 'player-left').length;
    return here === 0;
  });
  expect(all.filter(({ text }) => text.includes(': the game ')).length).toBe(3);
  expect(namesOf(all, 'player-left')).toEqual(namesOf(all, 'player-joined'));
  await eventually('nobody to be known to be online', () => bed.observed('s1')?.players === undefined);
});

test('a name that old builds cannot answer with is known from the files', async () => {
  await playOn('41', { SIM_RCON_QUIRKS: 'unicode' });
  const known = await eventually('the players', () => bed.observed('s1')?.players);
  expect(known.players.map(({ name }) => name)).toContain('Зомби 生存者');
  expect(known.count).toBe(3);
});
