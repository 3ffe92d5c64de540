import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { ObservedServer } from '../protocol/entities/server.ts';
import { serverCreate, serverKill, serverStart, serverStop } from '../protocol/operations/server.ts';
import { serverSync } from '../protocol/operations/server-state.ts';
import { deriveState } from '../protocol/server-state.ts';
import { type AgentBed, createAgentBed, goodGame } from './agent-bed.ts';

/** How long after an engine's event the manager may take to hear of it. */
const soonMs = 1_000;

describe('what is shown of a server', () => {
  let bed: AgentBed;
  afterEach(() => bed.dispose());

  const created = async (game = goodGame): Promise<void> => {
    bed = await createAgentBed(game);
    await bed.ask(serverCreate, bed.server());
    await eventually('ready', () => bed.observed('s1')?.readyAt);
  };
  /** Does something behind the agent's back; the manager hears of it within a second. */
  const heardOf = async (what: string, does: () => unknown, test: (known: ObservedServer) => boolean) => {
    const begun = performance.now();
    await does();
    await eventually(what, () => {
      const known = bed.observed('s1');
      return known !== undefined && test(known);
    });
    expect(performance.now() - begun).toBeLessThan(soonMs);
  };

  test('follows everything that others do to its container, within a second', async () => {
    await created();
    const container = () => bed.fake.container('s1');
    const status = (known: ObservedServer) => known.container?.status;
    await heardOf(
      'a pause',
      () => container().pause(),
      (known) => status(known) === 'paused',
    );
    await heardOf(
      'its end',
      () => container().resume(),
      (known) => status(known) === 'running',
    );
    expect(bed.observed('s1')?.readyAt).toBeDefined();
    expect(bed.observed('s1')?.folder).toBe(`${bed.dataRoot}/alpha`);
    await heardOf(
      'a rename',
      () => container().rename('other'),
      (known) => known.container?.name === 'other',
    );
    container().runShort();
    await heardOf(
      'memory',
      () => container().exit(137, { oomKilled: true }),
      (known) => known.lastExit?.oomKilled === true,
    );
    await heardOf(
      'a start',
      () => bed.fake.runtime.start(bed.observed('s1')?.container?.id ?? ''),
      (known) => known.readyAt !== undefined,
    );
    await heardOf(
      'a removal',
      () => container().vanish(),
      (known) => known.container === undefined,
    );
    expect(bed.observed('s1')?.evidence).toMatchObject({ container: false });
  });

  test('finds a container made anew behind its back, and follows that one', async () => {
    await created();
    const { spec } = bed.fake.container('s1');
    const before = bed.observed('s1')?.container?.id;
    bed.fake.container('s1').vanish();
    await heardOf(
      'another id',
      async () => bed.fake.runtime.start(await bed.fake.runtime.create(spec)),
      (known) => known.readyAt !== undefined && known.container?.id !== before,
    );
  });

  test('touches neither of two containers that say they are one server, until one is gone', async () => {
    await created();
    const { spec } = bed.fake.container('s1');
    const copy = await bed.fake.runtime.create({ ...spec, name: 'copy' });
    await eventually('the conflict', () => bed.observed('s1')?.conflict);
    const shown = deriveState({ desired: bed.server(), observed: bed.observed('s1'), hostOnline: true });
    expect(shown).toMatchObject({ state: 'failed', detail: expect.stringContaining('copy, simulator-alpha') });
    for (const operation of [serverStart, serverStop, serverKill]) {
      await expect(bed.ask(operation, bed.server())).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('copy, simulator-alpha'),
      });
    }
    expect(bed.fake.calls.filter((call) => /^(stop|kill|remove) /.test(call))).toEqual([]);
    await bed.fake.runtime.remove(copy);
    await eventually('peace', () => bed.observed('s1') !== undefined && !bed.observed('s1')?.conflict);
    expect(await bed.ask(serverStop, bed.server({ power: 'off' }))).toMatchObject({ state: 'stopped' });
  });

  test('is looked at and probed on demand', async () => {
    await created();
    expect(await bed.ask(serverSync, bed.server())).toMatchObject({
      state: 'ready',
      observed: { id: 's1', evidence: { container: true, marker: true, rcon: true } },
    });
    bed.fake.container('s1').exit(1);
    const after = await bed.ask(serverSync, bed.server());
    expect(after).toMatchObject({ state: 'crashed', observed: { evidence: { container: false } } });
  });

  test('says what a game is at while it starts, and that its log has said it is ready', async () => {
    const log = (text: string): string => `LOG  : General     f:0, t:1763710000000> ${text}`;
    bed = await createAgentBed({ ...goodGame, start: [' Update state (0x61) downloading, progress: 43.10 (3 / 7)'] });
    const creating = bed.ask(serverCreate, bed.server());
    await eventually('the installation', () => bed.observed('s1')?.phase === 'installing the game 43 %');
    expect(bed.observed('s1')?.lock).toMatchObject({ subject: 'server.create', deadlineAt: expect.any(String) });
    bed.fake.container('s1').print(log('Looking in these map folders:'));
    await eventually('the mods', () => bed.observed('s1')?.phase === 'loading mods and maps');
    bed.fake.container('s1').print(log('*** SERVER STARTED ****'));
    expect(await creating).toMatchObject({ state: 'ready' });
    await eventually('the lock to be given back', () => bed.observed('s1')?.lock === undefined);
    expect(bed.observed('s1')?.evidence?.marker).toBe(true);
  });

  test('still shows after a restart of the agent that the log has said it', async () => {
    await created();
    await bed.restart();
    await eventually('the marker', () => bed.observed('s1')?.evidence?.marker);
  });

  test('shows the job again when a kill that passed it is done', async () => {
    await created({ ...goodGame, save: () => undefined });
    const stopping = bed.ask(serverStop, bed.server({ power: 'off' }), { id: 'stop1' });
    await eventually('the lock', () => bed.observed('s1')?.lock?.id === 'stop1');
    await bed.ask(serverKill, bed.server({ power: 'off' }));
    expect(await stopping).toMatchObject({ state: 'stopped' });
    await eventually('quiet', () => bed.observed('s1')?.activity === undefined && !bed.observed('s1')?.lock);
  });
});
