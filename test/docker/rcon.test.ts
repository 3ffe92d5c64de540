import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialRcon } from '../../src/agent/rcon/dial.ts';
import { createRconSession, type RconSession } from '../../src/agent/rcon/session.ts';
import { createRconWays } from '../../src/agent/rcon/ways.ts';
import { createDockerRuntime } from '../../src/agent/runtime/docker.ts';
import type { RuntimeContainer } from '../../src/agent/runtime/runtime.ts';
import { managedLabel, serverIdLabel } from '../../src/agent/spec/spec-build.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { RconWay } from '../../src/protocol/entities/rcon-link.ts';
import { ZedopsError } from '../../src/protocol/errors.ts';
import { eventually } from '../support/eventually.ts';

const name = `rcon-${process.pid}`;
const port = 27_015;
const secrets = { RCON_PASSWORD: 'quite-secret-rcon', ADMIN_PASSWORD: 'quite-secret-admin' };

describe('the ways to a game’s RCON on a real engine', { timeout: 240_000 }, () => {
  const runtime = createDockerRuntime({ socketPath: '/var/run/docker.sock', clock: systemClock, log: silentLog });
  let folder: string;
  let id: string;
  const sessions: RconSession[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-rcon-'));
    await chmod(folder, 0o777);
    const settings = {
      ...secrets,
      RCON_PORT: String(port),
      SIM_STARTUP_SECONDS: '0',
      SIM_PLAYERS: '2',
      SIM_BUILD: '41',
    };
    const { stdout } = await execa('docker', [
      ...['run', '--detach', '--name', name, '--publish', `127.0.0.1::${port}/tcp`],
      ...['--label', `${managedLabel}=true`, '--label', `${serverIdLabel}=${name}`],
      ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...['--volume', `${folder}:/data`, 'zedops-simulator:latest'],
    ]);
    id = stdout;
  });
  afterAll(async () => {
    for (const session of sessions) session.close(new ZedopsError('CANCELLED', 'the test is over'));
    await execa('docker', ['rm', '--force', name], { reject: false });
    await runtime.close();
    await rm(folder, { recursive: true, force: true });
  });

  const isReady = (since: string) => async (): Promise<boolean> => {
    const { stdout } = await execa('docker', ['logs', '--since', since, name]);
    return stdout.includes('RCON: listening on port');
  };
  const inspect = async (): Promise<RuntimeContainer> => {
    const container = await runtime.inspect(id);
    if (!container) throw new Error(`${name} is gone`);
    return container;
  };
  /** A session over one way only: the others are refused as a network without a route does. */
  const over = async (way: RconWay) => {
    const container = await inspect();
    const told: (RconWay | undefined)[] = [];
    const connect: typeof dialRcon = async ({ host, port: wanted }, clock, signal) => {
      if (way === 'address' || (way === 'published-port' && host === '127.0.0.1')) {
        return dialRcon({ host, port: wanted }, clock, signal);
      }
      throw new ZedopsError('UNREACHABLE', `${host} cannot be reached: no route`);
    };
    const ways = createRconWays({
      ...{ runtime, clock: systemClock, container, port, connect, saysListening: () => true },
      onWay: (found) => told.push(found),
    });
    const session = createRconSession({
      ...{ name: 'alpha', password: secrets.RCON_PASSWORD, clock: systemClock, onIdle: () => undefined },
      dial: ways.dial,
      onLink: (state) => state !== undefined && ways.answered(state !== 'unreachable'),
    });
    sessions.push(session);
    return { session, told };
  };

  test('tells which port of the loopback address leads to it', async () => {
    await eventually('the game to listen', isReady('1h'));
    const { stdout } = await execa('docker', ['port', name, `${port}/tcp`]);
    expect((await inspect()).loopbackPorts).toEqual([
      { inside: port, host: '127.0.0.1', port: Number(stdout.split(':')[1]) },
    ]);
  });

  test.each(['address', 'published-port', 'exec'] as const)('commands go by %s', async (way) => {
    const { session, told } = await over(way);
    expect((await session.command('players', {})).text).toContain('Players connected (2)');
    expect((await session.command('showoptions', {})).text.split('\n').length).toBeGreaterThan(50);
    expect(told).toEqual([way]);
  });

  test('the password is in no argument of a program that the engine runs', async () => {
    const { session } = await over('exec');
    await session.command('players', {});
    const { stdout } = await execa('docker', ['top', name, '-eo', 'pid,args']);
    expect(stdout).toContain('zedops relay node');
    expect(stdout).not.toContain(secrets.RCON_PASSWORD);
  });

  test.each([
    ['address', 1_000],
    ['exec', 300],
  ] as const)(
    'by %s, %i commands while the container restarts each end, and none is done twice',
    async (way, count) => {
      const { session } = await over(way);
      const outcomes: { readonly line: string; readonly answer?: string; readonly error?: ZedopsError }[] = [];
      let restartedAt = '';
      const ask = async (index: number): Promise<void> => {
        const line = `servermsg "${way} ${index}."`;
        try {
          outcomes.push({ line, answer: (await session.command(line, { timeoutMs: 60_000 })).text });
        } catch (error) {
          if (!(error instanceof ZedopsError)) throw error;
          outcomes.push({ line, error });
          await restarted;
          await eventually('the game to listen again', isReady(restartedAt));
        }
      };
      let next = 0;
      let restarted: Promise<unknown> | undefined;
      const worker = async (): Promise<void> => {
        while (next < count) {
          next += 1;
          const index = next;
          if (index === 100) {
            restartedAt = new Date().toISOString();
            restarted = execa('docker', ['restart', '--timeout', '5', name]);
          }
          await ask(index);
        }
      };
      await Promise.all(Array.from({ length: 20 }, worker));
      await restarted;
      expect(new Set(outcomes.map(({ line }) => line)).size).toBe(count);
      const answered = outcomes.filter(({ answer }) => answer !== undefined);
      expect(answered.every(({ answer }) => answer === 'Message sent.')).toBe(true);
      expect(answered.length).toBeGreaterThan(count - 100);
      const errors = outcomes.flatMap(({ error }) => error ?? []);
      // The engine itself says that a container does not run.
      for (const { code, message } of errors) expect(['UNREACHABLE', 'CONFLICT'], message).toContain(code);
      // Build 41 writes each packet that comes to its log.
      const { stdout } = await execa('docker', ['logs', name], { maxBuffer: 64 * 1024 ** 2 });
      const done = [...stdout.matchAll(/Type=2 Body='(servermsg "(\w+) \d+\.")'/g)].flatMap(([, line, by]) =>
        by === way ? (line ?? []) : [],
      );
      expect(new Set(done).size).toBe(done.length);
      for (const { line } of answered) expect(done).toContain(line);
    },
  );
});

test('a game that listens at 127.0.0.1 inside its container is reached through a program in it', {
  timeout: 120_000,
}, async () => {
  const hidden = `${name}-lo`;
  const runtime = createDockerRuntime({ socketPath: '/var/run/docker.sock', clock: systemClock, log: silentLog });
  const settings = {
    ...{ ...secrets, RCON_PORT: String(port), SIM_STARTUP_SECONDS: '0', SIM_PLAYERS: '2' },
    SIM_RCON_QUIRKS: 'loopback',
  };
  const args = [
    ...['run', '--detach', '--name', hidden, '--publish', `127.0.0.1::${port}/tcp`, '--tmpfs', '/data'],
    ...['--label', `${managedLabel}=true`, '--label', `${serverIdLabel}=${hidden}`],
    ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
  ];
  let session: RconSession | undefined;
  try {
    const { stdout: id } = await execa('docker', [...args, 'zedops-simulator:latest']);
    await eventually('the game to listen', async () => {
      const { stdout } = await execa('docker', ['logs', hidden]);
      return stdout.includes('RCON: listening on port');
    });
    const container = await runtime.inspect(id);
    if (!container) throw new Error(`${hidden} is gone`);
    const told: (RconWay | undefined)[] = [];
    const ways = createRconWays({
      ...{ runtime, clock: systemClock, container, port, saysListening: () => true },
      onWay: (found) => told.push(found),
    });
    const opened = createRconSession({
      ...{ name: 'alpha', password: secrets.RCON_PASSWORD, clock: systemClock, onIdle: () => undefined },
      dial: ways.dial,
      onLink: (state) => state !== undefined && ways.answered(state !== 'unreachable'),
    });
    session = opened;
    const ask = () => opened.command('players', { timeoutMs: 60_000 });
    expect((await ask()).text).toContain('Players connected (2)');
    expect((await ask()).text).toContain('Players connected (2)');
    expect(told).toEqual(['exec']);
  } finally {
    session?.close(new ZedopsError('CANCELLED', 'the test is over'));
    await execa('docker', ['rm', '--force', hidden], { reject: false });
    await runtime.close();
  }
});
