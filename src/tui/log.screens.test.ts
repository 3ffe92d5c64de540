import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FakeAnswer } from '../client/fake-manager.ts';
import { fleetAnswers, openTuiBed, someHost, someLog, someServer, type TuiBed } from './tui-bed.ts';

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

function open(answers: Readonly<Record<string, FakeAnswer>>): TuiBed {
  const fleet = fleetAnswers([someServer('alpha')], [someHost('box-1')]);
  const bed = openTuiBed({ columns: 100, rows: 30, answers: { ...fleet, ...answers } });
  beds.push(bed);
  return bed;
}

describe('a log', () => {
  test('follows, pauses when scrolled up, counts what is new, and follows again', async () => {
    const log = someLog();
    const bed = open({ 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40\b/);
    bed.type('kkk');
    await bed.shows(/paused/);
    log.say('LOG  : General f:0 st:1> line 41', 'LOG  : General f:0 st:1> line 42');
    const paused = await bed.shows(/▼ 2 new/);
    expect(paused).not.toContain('line 41');
    bed.type('G');
    await bed.shows(/line 42[\s\S]*following/);
  });

  test('writes no more for a new line than that line', async () => {
    const log = someLog();
    const bed = open({ 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40\b/);
    await bed.settle();
    const before = bed.bytes().length;
    log.say('LOG  : General f:0 st:1> one more');
    await bed.shows(/one more/);
    expect(bed.bytes().length - before).toBeLessThan(120);
  });

  test('is searched and filtered by level', async () => {
    const log = someLog();
    const bed = open({ 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40\b/);
    log.say('ERROR: General f:0 st:1> it broke', '\tat zombie.Some.thing', 'LOG  : General f:0 st:1> on we go');
    await bed.shows(/on we go/);
    bed.type('vvv');
    const loud = await bed.shows(/level error/);
    expect(await bed.settle()).not.toContain('on we go');
    expect(loud).toContain('it broke');
    bed.type('v/line 7\r');
    await bed.shows(/search "line 7"/);
    await bed.shows(/line 7\b/);
    await bed.shows(/paused/);
  });

  test('shows one category, and in it one player, and is searched there', async () => {
    const log = someLog();
    const bed = open({ 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40\b/);
    log.say(
      'ERROR: Lua         f:0 st:1> Bob broke it',
      '\tat zombie.Some.thing',
      'LOG  : Lua         f:0 st:1> Bobby did not',
      'LOG  : Network     f:0 st:1> Bob came',
      'a line of another program',
    );
    await bed.shows(/another program/);
    bed.type('CC');
    await bed.shows(/level all · category Lua · cut/);
    const lua = await bed.settle();
    expect(lua).toMatch(/Bob broke it[\s\S]*zombie\.Some\.thing[\s\S]*Bobby did not/);
    expect(lua).not.toMatch(/Bob came|another program|line 40/);
    bed.type('pBob\r');
    await bed.shows(/category Lua · player Bob/);
    const bobs = await bed.settle();
    expect(bobs).toContain('Bob broke it');
    expect(bobs).not.toMatch(/Bobby did not|zombie\.Some/);
    bed.type('C/came\r');
    await bed.shows(/category Network · player Bob · search "came"/);
    expect(await bed.settle()).not.toContain('not found');
    log.say('LOG  : Lua         f:0 st:1> Bob again', 'LOG  : Network     f:0 st:1> Bob left');
    bed.type('G');
    expect(await bed.shows(/Bob left/)).not.toContain('Bob again');
    bed.type('\u001bc');
    await bed.shows(/category Lua[\s\S]*/);
    bed.type('\u001bc\u001bcp\u001b');
    expect(await bed.shows(/level all · search "came" · cut/)).toContain('another program');
  });

  test('goes on where it was when the manager comes back', async () => {
    const log = someLog();
    const bed = open({ 'server.logs': log.answer });
    await bed.shows(/alpha/);
    bed.type('L');
    await bed.shows(/line 40\b/);
    bed.manager.isDown = true;
    bed.manager.cut();
    await bed.shows(/the log goes on when it is back/);
    bed.manager.isDown = false;
    await bed.shows(/● live/);
    while (log.asked().length < 2) await bed.settle();
    log.say('LOG  : General f:0 st:1> after the outage');
    await bed.shows(/line 40\n.*after the outage/);
    expect(log.asked().at(-1)).toMatchObject({ after: { stream: 's', seq: 40 } });
  });
});
