import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../../test/support/zedops.ts';
import type { CommandLines } from '../client/command-lines.ts';
import type { FakeAnswer } from '../client/fake-manager.ts';
import { ZedopsError } from '../protocol/errors.ts';
import type { Grant } from '../protocol/permissions.ts';
import { fleetAnswers, openTuiBed, someHost, someServer, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const servers = [someServer('alpha', { playersOnline: 2 })];
const player = (name: string, changes = {}) => ({
  ...{ name, server: 'alpha', serverId: 'id-alpha', host: 'box-1', online: true },
  ...{ since: '2026-11-21T14:20:00.000Z', playedSeconds: 93_600, deaths: 3, steamId: '76561198000000001' },
  ...changes,
});
const lines: Record<string, string> = {
  players: 'Players connected (2): \n-mara\n-Old Tom\n',
  help: 'List of server commands :\n* kickuser : Kick a user.\n* players : List players.\n* save : Save.\n',
};
const answers: Record<string, FakeAnswer> = {
  'server.rcon'({ data }) {
    const command = typeof data === 'object' && data && 'command' in data ? String(data.command) : '';
    if (command.startsWith('kickuser')) {
      return { text: 'x', ms: 5, build: '42', failed: { code: 'NOT_FOUND', message: "User nobody doesn't exist." } };
    }
    return { text: lines[command] ?? `did ${command.split(' ')[0]}\u001b[31m in red`, ms: 5, build: '42' };
  },
  'player.list': () => ({ players: [player('mara'), player('Old\u0085 Tom', { steamId: undefined })], unknown: [] }),
  'player.history': () => ({ sessions: [], events: [] }),
  'player.find': () => ({ name: 'mara', server: 'alpha', serverId: 'id-alpha', build: '42' }),
  'player.kick': () => ({ player: 'mara', server: 'alpha', command: 'kickuser "mara"', answer: 'User mara kicked.' }),
};

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

async function open(options: Partial<TuiBedOptions> = {}, grants?: readonly Grant[]): Promise<TuiBed> {
  const bed = openTuiBed({
    columns: 80,
    rows: 24,
    answers: { ...fleetAnswers(servers, [someHost('box-1')], grants), ...answers },
    ...options,
  });
  beds.push(bed);
  await bed.shows(/alpha/);
  return bed;
}

const golden = (name: string): string => join(root, 'test/tui/golden', `${name}.txt`);
const viewer: Grant = { role: 'viewer', scope: { kind: 'global' } };
const asked = ({ manager }: TuiBed, subject: string) => manager.asked.filter((one) => one.subject === subject);

describe.each([60, 80, 120, 200])('frames in %i columns', (columns) => {
  test('of the console', async () => {
    const bed = await open({ columns });
    bed.type('\r3');
    await bed.shows(/alpha>/);
    bed.type('players\r');
    await bed.shows(/Old Tom/);
    bed.type('kickuser nobody\r');
    await bed.shows(/doesn't exist/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`console-${columns}`));
  });

  test('of players and a form', async () => {
    const bed = await open({ columns });
    bed.type('p');
    await bed.shows(/mara/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`players-${columns}`));
    bed.type('x');
    await bed.shows(/the game is told/);
    bed.type('be kind');
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`kick-${columns}`));
  });
});

describe('the console', () => {
  test('keeps what was said while one looks elsewhere, and shows no control of the game', async () => {
    const bed = await open();
    bed.type('\r3');
    await bed.shows(/alpha>/);
    bed.type('checkModsNeedUpdate\r');
    await bed.shows(/did checkModsNeedUpdate in red/);
    bed.type('\u001b');
    await bed.shows(/i types again/);
    bed.type('1');
    await bed.shows(/state/);
    bed.type('3');
    await bed.shows(/did checkModsNeedUpdate in red/);
  });

  test('shows its own keys while one types, and those of the screen when not', async () => {
    const bed = await open();
    bed.type('\r3');
    const typing = await bed.shows(/Enter send {2}Tab complete {2}↑ history {2}Ctrl-r search/);
    expect(typing).toMatch(/F1 help/);
    expect(typing).not.toMatch(/S stop|q quit/);
    bed.type('\u001b');
    await bed.shows(/i type [\s\S]*q quit/);
    bed.type('2/');
    await bed.shows(/search: [\s\S]*Enter take it {2}Ctrl-u empty it {2}Esc leave it/);
    bed.type('\u001b');
    await bed.shows(/f follow/);
  });

  test('sends a viewer’s questions, and nothing else', async () => {
    const bed = await open({}, [viewer]);
    bed.type('\r3');
    await bed.shows(/needs the permission server:console/);
    bed.type('save\r');
    await bed.shows(/save: not sent: needs the permission server:control on alpha/);
    bed.type('players\r');
    await bed.shows(/Old Tom/);
    expect(asked(bed, 'server.rcon').map(({ data }) => data)).toEqual([
      expect.objectContaining({ command: 'players' }),
    ]);
  });

  test('asks before what cannot be undone, and shows no password', async () => {
    const bed = await open();
    bed.type('\r3');
    await bed.shows(/alpha>/);
    bed.type('quit\r');
    await bed.shows(/Send "quit" to alpha\?/);
    bed.type('n');
    bed.type('adduser mara canary\r');
    expect(await bed.shows(/adduser mara \*\*\*/)).not.toMatch(/canary[\s\S]*\*\*\*/);
    expect(asked(bed, 'server.rcon')).toHaveLength(1);
  });

  test('says that the game is away, and when it is back', async () => {
    let isAway = true;
    const bed = await open({
      answers: {
        ...fleetAnswers(servers, [someHost('box-1')]),
        ...answers,
        'server.rcon'() {
          if (isAway) throw new ZedopsError('UNREACHABLE', 'alpha does not answer');
          return { text: 'saved', ms: 1 };
        },
      },
    });
    bed.type('\r3');
    await bed.shows(/alpha>/);
    bed.type('save\r');
    await bed.shows(/alpha cannot be reached; looking for it[\s\S]*alpha \(away\)>/);
    isAway = false;
    bed.type('save\r');
    await bed.shows(/alpha is back[\s\S]*saved/);
  });
});

describe('players', () => {
  test('are kicked with a reason, as the form said', async () => {
    const bed = await open();
    bed.type('p');
    await bed.shows(/mara/);
    bed.type('x');
    await bed.shows(/kickuser "mara"/);
    bed.type('be kind');
    await bed.shows(/kickuser "mara" -r "be kind"/);
    bed.type('\r');
    await bed.shows(/the game said User mara kicked/);
    expect(asked(bed, 'player.kick')[0]?.data).toEqual({ player: 'mara', server: 'id-alpha', reason: 'be kind' });
  });

  test('are not for a viewer to kick', async () => {
    const bed = await open({}, [viewer]);
    bed.type('p');
    await bed.shows(/nothing can be done to players: needs the permission player:manage/);
    bed.type('x');
    await bed.shows(/Kick mara: needs the permission player:manage on alpha/);
  });
});

describe('the command line', () => {
  const commandLines: CommandLines = {
    resolve: async (line) =>
      line === 'rcon alpha'
        ? { kind: 'screen', screen: 'console', server: 'alpha' }
        : line === 'up'
          ? { kind: 'refused', why: 'zedops up: keeps a terminal of its own', hint: 'run it in a shell' }
          : { kind: 'run', words: line.split(' ') },
    async run(words, { write, ask }) {
      write('stdout', Array.from({ length: 40 }, (_, at) => `row ${at + 1} of ${words.join(' ')}\n`).join(''));
      const answer = await ask('Really? [y/N] ', true);
      write('stderr', `error: said ${answer}\n`);
      return 4;
    },
    complete: async () => ({ from: 0, candidates: ['server', 'settings'] }),
  };

  test('runs, asks, and shows the exit code', async () => {
    const bed = await open({ commandLines });
    bed.type(':s\t');
    await bed.shows(/server +settings/);
    bed.type('\u0015job list\r');
    await bed.shows(/row 40 of job list[\s\S]*Really\?/);
    bed.type('y\r');
    await bed.shows(/error: said y[\s\S]*exit code 4/);
    bed.type('g');
    await bed.shows(/row 1 of/);
    bed.type('\u001b');
    await bed.shows(/EVENTS/);
  });

  test('says where a command belongs, and opens the screen for it', async () => {
    const bed = await open({ commandLines });
    bed.type(':up\r');
    await bed.shows(/keeps a terminal of its own[\s\S]*run it in a shell/);
    bed.type('\u0015rcon alpha\r');
    await bed.shows(/alpha>/);
  });
});
