import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

async function open(options: Partial<TuiBedOptions> = {}): Promise<TuiBed> {
  const servers = [someServer('alpha'), someServer('bravo')];
  const answers = fleetAnswers(servers, [someHost('box-1')]);
  const bed = openTuiBed({ columns: 100, rows: 30, answers, ...options });
  beds.push(bed);
  await bed.shows(/alpha/);
  await bed.settle();
  return bed;
}

describe('a mouse', () => {
  test('selects and scrolls where it is switched on, and is given back', async () => {
    const bed = await open({ hasMouse: true });
    expect(bed.bytes()).toContain('\u001b[?1000h\u001b[?1006h');
    const row = (await bed.settle()).split('\n').findIndex((line) => line.startsWith('bravo')) + 1;
    bed.type(`\u001b[<0;3;${row}M\u001b[<0;3;${row}m\r`);
    await bed.shows(/ZedOps {2}bravo/);
    bed.type('\u001b[<0;18;2M');
    await bed.shows(/following|Nothing|no answer/i);
    bed.signal('SIGTERM');
    await bed.outcome;
    expect(bed.bytes()).toContain('\u001b[?1006l\u001b[?1000l');
  });

  test('is left to the terminal otherwise, whatever it sends', async () => {
    const bed = await open();
    const before = await bed.settle();
    bed.type('\u001b[<0;3;8M\u001b[<0;3;8m\u001b[<65;1;1M');
    expect(await bed.settle()).toBe(before);
    expect(bed.bytes()).not.toContain('?1000h');
  });
});

describe('the terminal', () => {
  test('is used whole, up to 250 columns and 80 rows', async () => {
    const bed = await open({ columns: 250, rows: 80 });
    expect((await bed.settle()).split('\n')[77]).toMatch(/help.*quit/);
    bed.resize(59, 80);
    await bed.shows(/ZedOps needs 60×20 cells, this is 59×80/);
    bed.resize(250, 19);
    await bed.shows(/ZedOps needs 60×20 cells, this is 250×19/);
  });

  test.each([
    ['default', /\u001b\[32m/],
    ['contrast', /\u001b\[92m/],
  ] as const)('has the colours of the theme %s', async (theme, green) => {
    expect((await open({ theme, env: { NO_COLOR: '1' } })).bytes()).toMatch(green);
  });

  test('has no colours with NO_COLOR', async () => {
    expect((await open({ env: { NO_COLOR: '1', TERM: 'xterm-256color' } })).bytes()).not.toMatch(
      /\u001b\[(?:\d;)*[39]\dm/,
    );
  });
});
