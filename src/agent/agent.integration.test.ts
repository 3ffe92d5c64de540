import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { Step } from '../protocol/entities/job.ts';
import {
  serverCreate,
  serverExport,
  serverKill,
  serverRestart,
  serverStart,
  serverStop,
} from '../protocol/operations/server.ts';
import { serverDelete } from '../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed, goodGame } from './agent-bed.ts';

describe('an agent', () => {
  let bed: AgentBed;
  afterEach(() => bed.dispose());

  const created = async (): Promise<void> => {
    await bed.ask(serverCreate, bed.server());
  };

  test('creates a server, waits until it is ready and writes a compose file without secrets', async () => {
    bed = await createAgentBed();
    const steps: Step[] = [];
    const reply = await bed.ask(serverCreate, bed.server(), { onStep: (step) => steps.push(step) });
    expect(reply).toMatchObject({ id: 's1', name: 'alpha', state: 'ready' });
    expect(steps.map(({ step }) => step)).toContain('starting the game');
    await eventually('the mirror to hear it', () => bed.observed('s1')?.readyAt);
    expect(bed.observed('s1')).toMatchObject({ gameVersion: '42.20.4', container: { status: 'running' } });
    const compose = await readFile(join(bed.dataRoot, 'alpha/compose.yaml'), 'utf8');
    expect(compose).not.toContain('a-password-of-rcon');
    expect((await stat(join(bed.dataRoot, 'alpha/server.env'))).mode & 0o777).toBe(0o600);
  });

  test('takes the open console for readiness where the marker is not printed', async () => {
    bed = await createAgentBed({
      ...goodGame,
      start: ['LOG  : General     f:0, t:1763710000000> RCON: listening on port 27015'],
    });
    expect(await bed.ask(serverCreate, bed.server())).toMatchObject({ state: 'ready' });
  });

  test('makes nothing half: a create that fails leaves neither container nor folder', async () => {
    bed = await createAgentBed();
    bed.fake.failNext('create', new Error('no space left'));
    await expect(created()).rejects.toThrow();
    expect(await bed.fake.runtime.list()).toEqual([]);
    await expect(stat(join(bed.dataRoot, 'alpha/data'))).rejects.toThrow();
  });

  test('stops by save, confirmation, quit and exit, in that order', async () => {
    bed = await createAgentBed();
    await created();
    const steps: Step[] = [];
    const reply = await bed.ask(serverStop, bed.server({ power: 'off' }), { onStep: (step) => steps.push(step) });
    expect(reply).toMatchObject({ state: 'stopped', saved: 'confirmed', ended: 'quit' });
    expect(bed.told).toEqual(['save', 'quit']);
    const order = ['saving the world', 'the save was confirmed', 'asking the game to quit'];
    expect(steps.map(({ step }) => step).filter((step) => order.includes(step))).toEqual(order);
    // Every step that waits says until when it does.
    expect(steps.filter(({ deadlineAt }) => Date.parse(deadlineAt ?? '') > Date.now()).map(({ step }) => step)).toEqual(
      [
        'saving the world',
        'the game took the save; waiting until its log says it has ended',
        'asking the game to quit',
        'waiting up to 60 s for the game to exit',
      ],
    );
    await eventually('the exit to be told', () => bed.observed('s1')?.lastExit?.expected === true);
  });

  test('sends a signal only when the game does not take quit', async () => {
    bed = await createAgentBed({ ...goodGame, quit: () => undefined });
    const game = { ...bed.server().game, stopSeconds: 1 };
    await bed.ask(serverCreate, bed.server({ game }));
    const off = bed.server({ power: 'off', game });
    expect(await bed.ask(serverStop, off)).toMatchObject({ saved: 'confirmed', ended: 'signal' });
  });

  test('says that it could not ask for a save where RCON does not answer', async () => {
    bed = await createAgentBed();
    const game = { ...bed.server().game, rcon: { port: 1, passwordKey: 'RCON_PASSWORD' } };
    await bed.ask(serverCreate, bed.server({ game }));
    const off = bed.server({ power: 'off', game });
    expect(await bed.ask(serverStop, off)).toMatchObject({ saved: 'not-asked', ended: 'signal' });
  });

  test('kills past the lock of a stop that hangs', async () => {
    bed = await createAgentBed({ ...goodGame, save: () => undefined });
    await created();
    const stopping = bed.ask(serverStop, bed.server({ power: 'off' }));
    await eventually('the save to be asked for', () => bed.told.includes('save'));
    await expect(bed.ask(serverStart, bed.server())).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await bed.ask(serverKill, bed.server({ power: 'off' }))).toMatchObject({ wasRunning: true });
    expect(await stopping).toMatchObject({ state: 'stopped' });
  });

  test('runs the same id once', async () => {
    bed = await createAgentBed();
    await created();
    const off = bed.server({ power: 'off' });
    const both = await Promise.all([
      bed.ask(serverStop, off, { id: 'the-same' }),
      bed.ask(serverStop, off, { id: 'the-same' }),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(bed.told).toEqual(['save', 'quit']);
  });

  test('sees what others do to its containers', async () => {
    bed = await createAgentBed();
    await created();
    bed.fake.container('s1').pause();
    await eventually('paused', () => bed.observed('s1')?.container?.status === 'paused');
    bed.fake.container('s1').resume();
    await eventually('running and still ready', () => bed.observed('s1')?.readyAt);
    bed.fake.container('s1').vanish();
    await eventually('gone', () => bed.observed('s1') !== undefined && !bed.observed('s1')?.container);
    expect(await bed.ask(serverStart, bed.server())).toMatchObject({ state: 'ready' });
  });

  test('plans to start a crashed server again, and not one that was stopped', async () => {
    bed = await createAgentBed();
    await created();
    bed.fake.container('s1').exit(1);
    await eventually('a restart to be planned', () => bed.observed('s1')?.restartAt);
    expect(bed.observed('s1')?.lastExit).toMatchObject({ expected: false, exitCode: 1 });
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    await eventually('the plan to be dropped', () => bed.observed('s1')?.restartAt === undefined);
  });

  test('says that it cannot look while the engine does not answer', async () => {
    bed = await createAgentBed();
    await created();
    bed.fake.setReachable(false);
    await eventually('blindness', () => bed.observed('s1')?.blind);
    bed.fake.setReachable(true);
    await eventually('sight', () => bed.observed('s1')?.blind === undefined);
    expect(bed.observed('s1')?.readyAt).toBeDefined();
  });

  test('goes on with a stop in which it was killed', async () => {
    bed = await createAgentBed({ ...goodGame, save: () => undefined });
    await created();
    bed.ask(serverStop, bed.server({ power: 'off' }), { id: 'stop1' }).catch(() => undefined);
    await eventually('the save to be asked for', () => bed.told.includes('save'));
    await bed.restart();
    await eventually('the save to be asked for again', () => bed.told.filter((word) => word === 'save').length > 1);
    bed.fake.container('s1').print('LOG  : General     f:0, t:1763710000000> Saving finish');
    const done = await eventually('the job to be done', async () =>
      (await bed.jobs()).find(({ id, state }) => id === 'stop1' && state === 'done'),
    );
    expect(done).toMatchObject({ recovered: 'resumed', reply: { state: 'stopped', ended: 'quit' } });
  });

  test('ends a job left undone whose server is gone, instead of showing it running for ever', async () => {
    bed = await createAgentBed();
    const job = { id: 'old1', subject: 'server.stop', serverId: 'gone', serverName: 'gone', actor: 'ann@example.org' };
    const record = { job: { ...job, state: 'running', startedAt: '2026-11-21T08:00:00.000Z' }, input: {} };
    await writeFile(join(bed.dataRoot, 'agent/jobs/old1.json'), JSON.stringify(record));
    await bed.restart();
    const ended = await eventually('the job to end', async () =>
      (await bed.jobs()).find(({ id, state }) => id === 'old1' && state === 'failed'),
    );
    expect(ended).toMatchObject({ recovered: 'undone', error: { code: 'NOT_FOUND' } });
  });

  test('says that the game ended before the save was confirmed, where it did', async () => {
    bed = await createAgentBed({ ...goodGame, save: (container) => container.exit(1) });
    await created();
    const steps: string[] = [];
    const reply = await bed.ask(serverStop, bed.server({ power: 'off' }), { onStep: ({ step }) => steps.push(step) });
    expect(reply).toMatchObject({ state: 'stopped', saved: 'no' });
    expect(steps).toContain('the game ended before its log said that the save had');
  });

  test('still knows after its own restart that a game is ready', async () => {
    bed = await createAgentBed();
    await created();
    const readyAt = await eventually('ready', () => bed.observed('s1')?.readyAt);
    await bed.restart();
    await eventually('ready again', () => bed.observed('s1')?.readyAt === readyAt);
  });

  test('restarts, and deletes with the world kept', async () => {
    bed = await createAgentBed();
    await created();
    expect(await bed.ask(serverRestart, bed.server())).toMatchObject({ state: 'ready', stop: { saved: 'confirmed' } });
    const reply = await bed.ask(serverDelete, bed.server({ power: 'off', deleted: true }));
    expect(reply).toMatchObject({ name: 'alpha', keptAt: join(bed.dataRoot, 'alpha') });
    expect(await bed.fake.runtime.list()).toEqual([]);
    expect((await stat(join(bed.dataRoot, 'alpha/data'))).isDirectory()).toBe(true);
  });

  test('exports a compose file on demand', async () => {
    bed = await createAgentBed();
    await created();
    const reply = await bed.ask(serverExport, bed.server());
    expect(JSON.stringify(reply)).toContain('simulator-alpha');
    expect(JSON.stringify(reply)).not.toContain('a-password-of-rcon');
  });
});
