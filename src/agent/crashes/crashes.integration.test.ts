import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { Crash } from '../../protocol/entities/crash.ts';
import type { EventCursor, HostEvent } from '../../protocol/entities/event.ts';
import { agentCrash, agentCrashes } from '../../protocol/operations/crash.ts';
import { agentEvents } from '../../protocol/operations/event.ts';
import { serverCreate, serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { serverDelete } from '../../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';

const secret = 'a-password-of-rcon';
const heap = 'ERROR: General      f:0> java.lang.OutOfMemoryError: Java heap space';

describe('an agent whose game ends unasked', () => {
  let bed: AgentBed;
  beforeEach(async () => {
    bed = await createAgentBed();
    await bed.ask(serverCreate, bed.server());
  });
  afterEach(() => bed.dispose());

  const crashes = async (): Promise<readonly Crash[]> => (await bed.manager().request(agentCrashes, {})).crashes;
  const crash = async (before = 0): Promise<Crash> => {
    const all = await eventually('the evidence', async () => {
      const some = await crashes();
      return some.length > before ? some : undefined;
    });
    const [newest] = all;
    if (!newest) throw new Error('no crash');
    return newest;
  };

  /** Events after a place, as a manager that comes online reads them, until one of a kind comes with these words. */
  const eventsUntil = async (
    kind: string,
    words = '',
    after?: EventCursor,
  ): Promise<{ events: HostEvent[]; end: EventCursor }> => {
    const events: HostEvent[] = [];
    const enough = new AbortController();
    let stream = '';
    await bed
      .manager()
      .request(
        agentEvents,
        { ...(after ? { after } : {}) },
        {
          signal: enough.signal,
          onProgress(batch) {
            stream = batch.stream;
            events.push(...batch.events);
            if (events.some((event) => event.kind === kind && event.text.includes(words))) enough.abort();
          },
        },
      )
      .catch(() => undefined);
    return { events, end: { stream, seq: events.at(-1)?.seq ?? 0 } };
  };
  const kinds = (events: readonly HostEvent[]): string[] => events.map(({ kind }) => kind);

  test('keeps what it was and its last lines, without secrets', async () => {
    bed.fake.container('s1').print(`LOG  : General      f:0> RCON: ID=1 Type=3 Body='${secret}'`);
    bed.fake.container('s1').print(heap);
    bed.fake.container('s1').exit(1);
    const { id } = await crash();
    const { crash: kept, spec, facts, lines } = await bed.manager().request(agentCrash, { id });
    expect(kept).toMatchObject({
      server: 'alpha',
      class: 'out-of-memory',
      exitCode: 1,
      gameVersion: '42.20.4',
      line: expect.stringContaining('OutOfMemoryError'),
    });
    expect(kept.readyAt).toBeDefined();
    expect(lines.at(-1)).toContain('OutOfMemoryError');
    expect(spec.env).toEqual({ RCON_PASSWORD: 'set' });
    expect(facts.runtime.kind).toBe('docker');
    const folder = join(bed.dataRoot, 'agent/crashes/s1');
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual([`${id}.json`, `${id}.log`]);
    for (const file of files) expect(await readFile(join(folder, file), 'utf8')).not.toContain(secret);
    await eventually('the observation to name it', () => bed.observed('s1')?.lastExit?.crash?.id === id);
  });

  test('tells the crash before the plan to start it again', async () => {
    bed.fake.container('s1').exit(137, { oomKilled: true });
    const { events } = await eventsUntil('restart-planned');
    expect(kinds(events).slice(-2)).toEqual(['crashed', 'restart-planned']);
    expect(events.at(-2)?.crashId).toBe((await crash()).id);
  });

  test('counts a crash once, also when it is itself restarted', async () => {
    bed.fake.container('s1').exit(1);
    const { id } = await crash();
    const { end } = await eventsUntil('restart-planned');
    await bed.restart();
    await eventually('the same crash to be named', () => bed.observed('s1')?.lastExit?.crash?.id === id);
    expect(await crashes()).toHaveLength(1);
    const { events } = await eventsUntil('restart-planned', '', end);
    expect(kinds(events)).toEqual(['restart-planned']);
  });

  test('plans no start of its own beside the one that is asked for', async () => {
    bed.fake.container('s1').exit(1);
    await crash();
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    const { end } = await eventsUntil('job-ended', 'server.stop');
    await bed.ask(serverStart, bed.server());
    const { events } = await eventsUntil('job-ended', 'server.start', end);
    expect(kinds(events)).not.toContain('restart-planned');
  });

  test('takes no stop, kill, restart or deletion for a crash', async () => {
    await bed.ask(serverRestart, bed.server());
    await bed.ask(serverStop, bed.server({ power: 'off' }));
    const on = bed.server();
    await bed.ask(serverRestart, on);
    await bed.ask(serverKill, bed.server({ power: 'off' }));
    await bed.ask(serverDelete, bed.server({ power: 'off', deleted: true }));
    expect(await crashes()).toEqual([]);
    const { events } = await eventsUntil('job-ended', 'server.delete');
    expect(kinds(events)).not.toContain('crashed');
    expect(kinds(events)).not.toContain('container-removed');
    expect(events.filter(({ kind }) => kind === 'stopped')).toHaveLength(3);
    expect(events.find(({ text }) => text.startsWith('server.stop'))).toMatchObject({ actor: 'ann@example.org' });
    expect(events.some(({ text }) => text.endsWith(': save confirmed, quit'))).toBe(true);
  });

  test('tells what others did to a container, also while nobody could look', async () => {
    bed.fake.container('s1').pause();
    const { end } = await eventsUntil('paused');
    bed.fake.setReachable(false);
    await eventually('blindness', () => bed.observed('s1')?.blind);
    bed.fake.container('s1').vanish();
    bed.fake.setReachable(true);
    const { events } = await eventsUntil('container-removed', '', end);
    expect(kinds(events)).toEqual(['container-removed']);
    expect(events[0]?.text).toBe('the container of alpha was removed, and not by ZedOps');
  });
});
