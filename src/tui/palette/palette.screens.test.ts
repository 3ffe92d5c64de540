import { afterEach, describe, expect, test } from 'vitest';
import type { CommandLines, ResolvedLine } from '../../client/command-lines.ts';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed } from '../tui-bed.ts';

const beds: TuiBed[] = [];
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
});

async function open(
  resolve: (line: string) => Promise<ResolvedLine>,
  run: CommandLines['run'] = async () => 0,
): Promise<TuiBed> {
  const commandLines: CommandLines = {
    resolve,
    run,
    complete: async (line) => ({ from: 0, candidates: ['server', 'settings'].filter((word) => word.startsWith(line)) }),
  };
  const answers = fleetAnswers([someServer('alpha')], [someHost('box-1')]);
  const bed = openTuiBed({ columns: 100, rows: 30, answers, commandLines });
  beds.push(bed);
  await bed.shows(/alpha/);
  bed.type(':');
  await bed.shows(/Command line:/);
  return bed;
}

const runs = async (line: string): Promise<ResolvedLine> => ({ kind: 'run', words: line.split(' ') });

describe('the command line of the screens', () => {
  test('completes as far as all candidates agree, and lists them', async () => {
    const bed = await open(runs);
    bed.type('s\t');
    await bed.shows(/: se[\s\S]*/);
    expect(await bed.settle()).toMatch(/server +settings/);
  });

  test('says why a line is refused, until the next key', async () => {
    const bed = await open(async () => ({ kind: 'refused', why: 'there is no command "srever"', hint: 'server' }));
    bed.type('srever list\r');
    await bed.shows(/there is no command "srever"\s+server/);
    bed.type('x');
    expect(await bed.settle()).not.toContain('there is no command');
  });

  test('can be left and used after it could not be read', async () => {
    let isBroken = true;
    const bed = await open(async (line) => {
      if (isBroken) throw new Error('the table of commands is broken');
      return runs(line);
    });
    bed.type('ps\r');
    await bed.shows(/the table of commands is broken/);
    isBroken = false;
    bed.type('\u0015ps\r');
    await bed.shows(/zedops ps[\s\S]*done/);
  });

  test('shows with Enter alone what was said last, after that was left', async () => {
    const ended = Promise.withResolvers<number>();
    const bed = await open(runs, (_, { write }) => {
      write('stdout', 'one row of it\n');
      return ended.promise;
    });
    bed.type('server list\r');
    await bed.shows(/one row of it[\s\S]*runs/);
    ended.resolve(5);
    await bed.shows(/one row of it[\s\S]*exit code 5/);
    bed.type('\u001b');
    expect(await bed.settle()).not.toContain('one row of it');
    bed.type(':');
    await bed.shows(/Enter alone shows what "server list" said/);
    bed.type('\r');
    await bed.shows(/one row of it/);
  });

  test('goes to the screen that does it better, where there is that server', async () => {
    const bed = await open(async (line) => ({ kind: 'screen', screen: 'events', server: line.replace('events ', '') }));
    bed.type('events nowhere\r');
    await bed.shows(/There is no server "nowhere"/);
    bed.type(':events alpha\r');
    await bed.shows(/ZedOps {2}alpha {2}ready/);
  });
});
