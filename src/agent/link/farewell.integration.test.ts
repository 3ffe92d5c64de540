import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { serverCreate, serverKill, serverRestart, serverStop } from '../../protocol/operations/server.ts';
import { type AgentBed, createAgentBed, goodGame } from '../agent-bed.ts';

describe('a stop that players can live with', () => {
  let bed: AgentBed;
  afterEach(() => bed.dispose());

  test('warns over RCON, saves, quits, and tells the times of all of it', async () => {
    bed = await createAgentBed({ ...goodGame, players: () => 2 });
    await bed.ask(serverCreate, bed.server());
    const input = { warnSeconds: [1], reason: 'new mods' };
    const reply = await bed.ask(serverRestart, bed.server(), { input });
    expect(reply).toMatchObject({
      state: 'ready',
      stop: { saved: 'confirmed', farewell: { ended: 'time', players: 2, warned: { seconds: 1, players: 2 } } },
    });
    expect(reply).toMatchObject({ stop: { saveSeconds: expect.any(Number), quitSeconds: expect.any(Number) } });
    expect(bed.told).toEqual([
      'servermsg "Restart in 1 second: new mods"',
      'servermsg "Restart now: new mods"',
      'save',
      'quit',
    ]);
  });

  test('does not wait where nobody is online', async () => {
    bed = await createAgentBed({ ...goodGame, players: () => 0 });
    await bed.ask(serverCreate, bed.server());
    const reply = await bed.ask(serverStop, bed.server({ power: 'off' }), { input: { warnSeconds: [900] } });
    expect(reply).toMatchObject({ ended: 'quit', farewell: { ended: 'empty' } });
    expect(bed.told).toEqual(['save', 'quit']);
  });

  test('is cancelled before the save, and the game runs on', async () => {
    bed = await createAgentBed({ ...goodGame, players: () => 1 });
    await bed.ask(serverCreate, bed.server());
    const off = bed.server({ power: 'off' });
    const stopping = bed.ask(serverStop, off, { id: 'stop1', input: { warnSeconds: [900] } });
    const outcome = expect(stopping).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually('the warning', () => bed.told.length > 0);
    expect(await bed.cancel('stop1')).toMatchObject({ state: 'cancelled' });
    await outcome;
    expect(bed.told).toEqual(['servermsg "Shutdown in 15 minutes"', 'servermsg "Shutdown cancelled"']);
    expect(bed.observed('s1')?.container?.status).toBe('running');
  });

  test('goes on after the agent was killed in the middle, without a second countdown', async () => {
    bed = await createAgentBed({ ...goodGame, players: () => 1 });
    await bed.ask(serverCreate, bed.server());
    const off = bed.server({ power: 'off' });
    bed.ask(serverStop, off, { id: 'stop1', input: { warnSeconds: [3] } }).catch(() => undefined);
    await eventually('the warning', () => bed.told.length > 0);
    const warnedAt = Date.now();
    await bed.restart();
    const done = await eventually('the job to be done', async () =>
      (await bed.jobs()).find(({ id, state }) => id === 'stop1' && state === 'done'),
    );
    expect(done).toMatchObject({ recovered: 'resumed', reply: { saved: 'confirmed', farewell: { ended: 'time' } } });
    expect(Date.now() - warnedAt).toBeLessThan(15_000);
    expect(bed.told.slice(-3)).toEqual(['servermsg "Shutdown now"', 'save', 'quit']);
  });

  test('a kill ends the waiting', async () => {
    bed = await createAgentBed({ ...goodGame, players: () => 1 });
    await bed.ask(serverCreate, bed.server());
    const off = bed.server({ power: 'off' });
    const stopping = bed.ask(serverStop, off, { input: { whenEmpty: true } });
    await eventually('the waiting', () => bed.observed('s1')?.activity?.step.startsWith('waiting until'));
    expect(await bed.ask(serverKill, bed.server({ power: 'off' }))).toMatchObject({ wasRunning: true });
    expect(await stopping).toMatchObject({ ended: 'was-stopped', farewell: { ended: 'not-running' } });
  });

  test('where nobody can be counted is refused instead of waiting for ever', async () => {
    bed = await createAgentBed(goodGame);
    await bed.ask(serverCreate, bed.server({ env: {} }));
    const off = bed.server({ power: 'off', env: {} });
    const stopping = bed.ask(serverStop, off, { input: { whenEmpty: true } });
    await expect(stopping).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
