import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { dialRcon } from '../../../src/agent/rcon/dial.ts';
import { createRconSession, type RconSession } from '../../../src/agent/rcon/session.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { ZedopsError } from '../../../src/protocol/errors.ts';
import { rconQuirks } from '../../../src/simulator/scenario-settings.ts';
import { freePort, startRun, testSecrets } from '../../../src/simulator/test-run.ts';
import { parsePlayers } from '../../../src/zomboid/players/players.ts';

const endings: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function sessionWith(port: number, password: string): RconSession {
  const session = createRconSession({
    name: 'alpha',
    password,
    dial: (signal) => dialRcon({ host: '127.0.0.1', port }, systemClock, signal),
    clock: systemClock,
    onIdle: () => undefined,
  });
  endings.push(async () => session.close(new ZedopsError('CANCELLED', 'the test is over')));
  return session;
}

async function simulated(env: Readonly<Record<string, string>>): Promise<RconSession> {
  const run = await startRun({ SIM_PLAYERS: '3', ...env });
  endings.push(() => run.dispose());
  await run.until(/RCON: listening/);
  return sessionWith(run.rconPort, testSecrets.RCON_PASSWORD);
}

describe.each(['41', '42'])('a session with a simulated build %s', (build) => {
  test.each(['', ...Object.keys(rconQuirks)])('with the fault "%s"', async (quirk) => {
    const session = await simulated({ SIM_BUILD: build, SIM_RCON_QUIRKS: quirk });
    const ask = async (line: string): Promise<string> => {
      try {
        return (await session.command(line, { timeoutMs: 8_000 })).text;
      } catch (error) {
        if (error instanceof ZedopsError) return error.code;
        throw error;
      }
    };
    const isMute = quirk === 'empty' || (quirk === 'unicode' && build === '41');
    const answers: string[] = [];
    for (const line of ['players', 'showoptions', 'servermsg "hello"']) answers.push(await ask(line));
    const [players = '', options = '', message] = answers;
    if (isMute) expect(players).toBe('');
    else expect(parsePlayers(players)?.names.length).toBe(parsePlayers(players)?.count);
    if (quirk === 'empty') expect(options).toBe('');
    else expect(options.split('\n').length).toBeGreaterThan(50);
    // Every third command has its connection closed instead of an answer.
    if (quirk === 'drop') expect(message).toBe('UNREACHABLE');
    else expect(message).toBe(quirk === 'empty' ? '' : 'Message sent.');
    // A slow one exits before it has answered, which is an answer too.
    expect(await ask('quit')).toBe(quirk === 'empty' || quirk === 'slow' ? '' : 'Quit');
  });
});

test('a session with a simulated game refuses a wrong password', async () => {
  const run = await startRun();
  endings.push(() => run.dispose());
  await run.until(/RCON: listening/);
  const session = sessionWith(run.rconPort, 'not-this-one');
  await expect(session.command('players', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

/** What this suite uses of the package `rcon-server`, which has no types of its own. */
const RconServerModule = z.object({
  RCONServer: z.custom<
    new (options: {
      port: number;
      password: string;
    }) => {
      connect(): void;
      on(event: string, listener: (about: { body: string; resolve: (answer: string) => void }) => void): void;
      getSocketServer(): { close(): void };
      getConnectedSockets(): Set<{ destroy(): void }>;
    }
  >((value) => typeof value === 'function'),
});

/**
 * A server of others, which mirrors no probe, reads one packet at a time, answers the log-in with its own type and sends
 * a NUL where it has nothing to say.
 */
describe('a session with the package rcon-server', () => {
  const start = async (): Promise<number> => {
    const { RCONServer } = RconServerModule.parse(createRequire(import.meta.url)('rcon-server'));
    const port = await freePort();
    const server = new RCONServer({ port, password: 'theirs' });
    const listening = new Promise<void>((resolve) => server.on('listening', () => resolve()));
    server.on('commandRequest', ({ body, resolve }) => resolve(`Echo: ${body}`));
    server.connect();
    await listening;
    endings.push(async () => {
      for (const socket of server.getConnectedSockets()) socket.destroy();
      server.getSocketServer().close();
    });
    return port;
  };

  test('gets each answer, one after another', async () => {
    const session = sessionWith(await start(), 'theirs');
    const answers = await Promise.all(['a', 'b', 'c'].map((line) => session.command(line, {})));
    expect(answers.map(({ text }) => text)).toEqual(['Echo: a', 'Echo: b', 'Echo: c']);
  });

  test('tells its refusal', async () => {
    const session = sessionWith(await start(), 'not theirs');
    await expect(session.command('a', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
