import { afterEach, describe, expect, test } from 'vitest';
import type { FakeAnswer } from '../../client/fake-manager.ts';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed } from '../tui-bed.ts';

const beds: TuiBed[] = [];
const right = '\u001b[C';

afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
});

async function open(answers: Readonly<Record<string, FakeAnswer>> = {}): Promise<TuiBed> {
  const fleet = fleetAnswers([someServer('alpha', { playersOnline: 12 })], [someHost('box-1')]);
  const bed = openTuiBed({ columns: 120, rows: 30, answers: { ...fleet, ...answers } });
  beds.push(bed);
  await bed.shows(/alpha/);
  await bed.settle();
  return bed;
}

const asked = (bed: TuiBed, wanted: string): readonly unknown[] =>
  bed.manager.asked.filter(({ subject }) => subject === wanted).map(({ data }) => data);

describe('a stop or restart from a key', () => {
  const stopped: FakeAnswer = () => ({ state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 3 });

  test('is done at once with y', async () => {
    const bed = await open({ 'server.stop': stopped });
    bed.type('S');
    const screen = await bed.shows(/Stop alpha on box-1\?/);
    expect(screen).toContain('12 players are online');
    expect(screen).toMatch(/‹ now ›/);
    bed.type('y');
    await bed.shows(/alpha is stopped, its world saved/);
    expect(asked(bed, 'server.stop')).toEqual([{ server: 'id-alpha' }]);
  });

  test('warns players first, with the countdown as it was typed', async () => {
    const bed = await open({ 'server.stop': () => new Promise(() => undefined) });
    bed.type(`S${right}`);
    await bed.shows(/zedops server stop alpha --warn 15m,5m,1m,10s/);
    bed.type('\r\u00155m, soon\r');
    bed.type('\r');
    await bed.shows(/--warn: " soon" is not a length of time; write 15m,5m,1m,10s/);
    bed.type('\u00155m,1m\rnew mods');
    await bed.shows(/zedops server stop alpha --warn 5m,1m --reason 'new mods'/);
    bed.type('\r');
    await bed.shows(/Stop alpha: asked; J shows how long it waits/);
    expect(asked(bed, 'server.stop')).toEqual([{ server: 'id-alpha', warnSeconds: [300, 60], reason: 'new mods' }]);
  });

  test('waits for an empty game, and refuses what the command line refuses', async () => {
    const bed = await open({ 'server.restart': () => new Promise(() => undefined) });
    bed.type(`R${right}${right}`);
    await bed.shows(/zedops server restart alpha --when-empty/);
    bed.type('\r8d\r\r');
    await bed.shows(/--max-wait: "8d" is not between 1s and 7d/);
    bed.type(`\u00153h\r${'x'.repeat(201)}\r`);
    await bed.shows(/--reason: Too big/);
    bed.type('\u0015\r');
    await bed.shows(/Restart alpha: asked/);
    expect(asked(bed, 'server.restart')).toEqual([{ server: 'id-alpha', whenEmpty: true, maxWaitSeconds: 10_800 }]);
  });

  test('is not done where one leaves', async () => {
    const bed = await open();
    bed.type('Sn');
    await bed.settle();
    bed.type(`S${right}\r\u001b`);
    expect(await bed.settle()).not.toContain('Stop alpha');
    expect(asked(bed, 'server.stop')).toEqual([]);
  });
});
