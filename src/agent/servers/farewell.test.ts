import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type FarewellDeps, type Leave, type Said, sayFarewell } from './farewell.ts';
import { abortReason } from './until.ts';

const start = 1_000_000;

/** A game with players whose clock a test moves; `told` is what they read, with the second they read it in. */
function createGame() {
  const clock = createFakeClock(start);
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const steps: string[] = [];
  const game = { players: 3, isReachable: true, hasEnded: false };
  const deps: FarewellDeps = {
    clock,
    signal,
    report: ({ step }) => void steps.push(step),
    async ask(command) {
      if (!game.isReachable) throw new ZedopsError('UNREACHABLE', 'RCON does not answer');
      if (command === 'players') return `Players connected (${game.players}): ${'\n-x'.repeat(game.players)}\n`;
      told.push(`${(clock.now() - start) / 1000} ${command}`);
      return 'Message sent.';
    },
    gameEnds: (ms) =>
      new Promise((resolve, reject) => {
        if (game.hasEnded) resolve(true);
        clock.after(ms, () => resolve(game.hasEnded));
        signal.addEventListener('abort', () => reject(abortReason(signal)), { once: true });
      }),
  };
  const idle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    ...game,
    game,
    clock,
    told,
    steps,
    deps,
    controller,
    /** Moves the time on by seconds, one after another. */
    async pass(seconds: number): Promise<void> {
      await idle();
      for (let passed = 0; passed < seconds; passed += 1) {
        clock.advance(1000);
        await idle();
      }
    },
    begin: (leave: Partial<Leave>): Promise<Said> => sayFarewell({ kind: 'restart', begunAt: start, ...leave }, deps),
  };
}

describe('a farewell', () => {
  test('tells the players at each warning and then, and says to how many', async () => {
    const { begin, pass, told } = createGame();
    const said = begin({ warnSeconds: [60, 300, 10], reason: 'new "mods"' });
    await pass(300);
    expect((await said).farewell).toEqual({
      ended: 'time',
      waitedSeconds: 300,
      players: 3,
      warned: { seconds: 300, players: 3 },
    });
    expect(told).toEqual([
      `0 servermsg "Restart in 5 minutes: new 'mods'"`,
      `240 servermsg "Restart in 1 minute: new 'mods'"`,
      `290 servermsg "Restart in 10 seconds: new 'mods'"`,
      `300 servermsg "Restart now: new 'mods'"`,
    ]);
  });

  test('is late for nothing that becomes due while the game is asked', async () => {
    const { pass, told, deps, clock } = createGame();
    const { ask } = deps;
    const slow = async (command: string): Promise<string> => {
      const answer = await ask(command);
      if (command.includes('in 10 seconds')) clock.advance(12_000);
      return answer;
    };
    const said = sayFarewell({ kind: 'restart', begunAt: start, warnSeconds: [30, 10, 1] }, { ...deps, ask: slow });
    await pass(21);
    expect((await said).farewell).toMatchObject({ ended: 'time', waitedSeconds: 33 });
    expect(told).toEqual([
      '0 servermsg "Restart in 30 seconds"',
      '20 servermsg "Restart in 10 seconds"',
      '33 servermsg "Restart now"',
    ]);
  });

  test('with nobody online ends at once, also in the middle', async () => {
    const { begin, pass, game, told } = createGame();
    const said = begin({ warnSeconds: [300] });
    await pass(20);
    game.players = 0;
    await pass(15);
    expect((await said).farewell).toMatchObject({ ended: 'empty', waitedSeconds: 30, players: 0 });
    expect(told).toHaveLength(1);
  });

  test('goes on after a restart of the agent where it was', async () => {
    const { begin, pass, told } = createGame();
    const said = begin({ warnSeconds: [300, 10], begunAt: start - 240_000 });
    await pass(60);
    expect((await said).farewell).toMatchObject({ ended: 'time', waitedSeconds: 60 });
    expect(told).toEqual([
      '0 servermsg "Restart in 1 minute"',
      '50 servermsg "Restart in 10 seconds"',
      '60 servermsg "Restart now"',
    ]);
  });

  test('counts the time that passes, whatever the clock is set to meanwhile', async () => {
    for (const ms of [5 * 3_600_000, -5 * 3_600_000]) {
      const { begin, pass, clock, told } = createGame();
      const said = begin({ warnSeconds: [60, 10] });
      await pass(5);
      clock.set(ms);
      await pass(55);
      expect((await said).farewell).toMatchObject({ ended: 'time', waitedSeconds: 60 });
      expect(told.map((line) => line.replace(/^\S+ /, ''))).toEqual([
        'servermsg "Restart in 1 minute"',
        'servermsg "Restart in 10 seconds"',
        'servermsg "Restart now"',
      ]);
    }
  });

  test('waits until nobody is online, for ever, and is never silent for 30 s', async () => {
    const { begin, pass, game, told, steps } = createGame();
    const said = begin({ whenEmpty: true });
    await pass(3600);
    expect(steps.length).toBeGreaterThan(3600 / 30);
    expect(steps[0]).toBe('waiting until nobody is online: 3 online');
    game.players = 0;
    await pass(15);
    expect((await said).farewell.ended).toBe('empty');
    expect(told).toEqual([]);
  });

  test('waits no longer than asked, and warns a minute before', async () => {
    const { begin, pass, told } = createGame();
    const said = begin({ kind: 'stop', whenEmpty: true, maxWaitSeconds: 600 });
    await pass(600);
    expect((await said).farewell).toMatchObject({ ended: 'time', players: 3 });
    expect(told).toEqual(['540 servermsg "Shutdown in 1 minute"', '600 servermsg "Shutdown now"']);
  });

  test('tells those who were warned that it is off', async () => {
    const { begin, pass, told, controller } = createGame();
    const said = begin({ warnSeconds: [300] });
    const outcome = expect(said).rejects.toMatchObject({ code: 'CANCELLED' });
    await pass(30);
    controller.abort(new ZedopsError('CANCELLED', 'cancelled'));
    await outcome;
    expect(told.at(-1)).toBe('30 servermsg "Restart cancelled"');
  });

  test('bothers nobody with a cancelled stop they never heard of', async () => {
    const { begin, pass, told, controller } = createGame();
    const said = begin({ whenEmpty: true });
    const outcome = expect(said).rejects.toMatchObject({ code: 'CANCELLED' });
    await pass(30);
    controller.abort(new ZedopsError('CANCELLED', 'cancelled'));
    await outcome;
    expect(told).toEqual([]);
  });

  test('counts down where the game cannot be reached, and says that nobody heard it', async () => {
    const { begin, pass, game, steps } = createGame();
    game.isReachable = false;
    const said = begin({ warnSeconds: [30] });
    await pass(30);
    expect((await said).farewell).toEqual({ ended: 'time', waitedSeconds: 30, unheard: 'RCON does not answer' });
    expect(steps[0]).toBe('restart in 30 seconds, who is online is not known (RCON does not answer)');
  });

  test('takes the word of the files for who is on where the game does not say', async () => {
    const { pass, game, deps } = createGame();
    game.isReachable = false;
    let players: number | undefined = 2;
    const leave: Leave = { kind: 'stop', begunAt: start, whenEmpty: true };
    const said = sayFarewell(leave, { ...deps, online: () => players });
    await pass(20);
    players = 0;
    await pass(15);
    expect((await said).farewell).toMatchObject({ ended: 'empty', players: 0, waitedSeconds: 30 });
  });

  test('ends when the game does', async () => {
    const { begin, pass, game } = createGame();
    const said = begin({ warnSeconds: [300] });
    await pass(5);
    game.hasEnded = true;
    await pass(15);
    expect((await said).farewell.ended).toBe('not-running');
  });
});
