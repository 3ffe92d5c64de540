import { appendFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { linesOf } from '../../protocol/entities/log.ts';
import { createDockerEngine, type DockerEngine } from './docker-engine.ts';
import { readDockerLogs } from './docker-logs.ts';
import type { LogPosition } from './runtime.ts';

const name = `zedops-set-back-${process.pid}`;
let engine: DockerEngine;
let ending: AbortController;
let setMs: number;
let lines: string[];
let file: string;
const clock: Clock = { ...systemClock, now: () => Date.now() + setMs };

beforeEach(async () => {
  [engine, ending, setMs, lines] = [createDockerEngine('/var/run/docker.sock', clock), new AbortController(), 0, []];
  const settings = ['SERVER_NAME=old', 'ADMIN_PASSWORD=x', 'RCON_PASSWORD=y', 'SIM_STARTUP_SECONDS=0.1'];
  const env = settings.flatMap((setting) => ['--env', setting]);
  await execa('docker', ['run', '--detach', '--name', name, ...env, 'zedops-simulator:latest']);
  file = (await execa('docker', ['inspect', '--format', '{{.LogPath}}', name])).stdout;
  await eventually('it to print', async () => (await execa('docker', ['logs', name])).stdout.includes('STARTED'));
});
afterEach(async () => {
  ending.abort();
  engine.close();
  await execa('docker', ['rm', '--force', name]);
});

/** Adds a line as the engine writes it. */
const print = (text: string, at: number): Promise<void> =>
  appendFile(file, `${JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: new Date(at).toISOString() })}\n`);
const read = (after?: LogPosition): Promise<LogPosition | undefined> => {
  let place: LogPosition | undefined;
  const request = { ...(after ? { after } : {}), follow: after !== undefined, signal: ending.signal };
  return readDockerLogs(engine, clock, name, request, (chunk) => {
    lines.push(...[...linesOf({ first: 1, text: chunk.text })].map(({ text }) => text));
    place = chunk.position;
  }).then(() => place);
};

test('a log goes on where it was after the clock of the host was set back, before and while it is followed', async () => {
  const place = await read();
  expect(place).toBeDefined();
  lines = [];
  const following = read(place).catch((error: unknown) => error);
  await print('before', Date.now());
  await eventually('a line', () => lines.includes('before'));
  setMs = -3_600_000;
  await print('set back', clock.now());
  // The engine leaves that line out of what it was asked for, so that it must be asked anew.
  expect(await following).toMatchObject({ code: 'UNREACHABLE' });
  expect(lines).toEqual(['before']);
  lines = [];
  void read(place);
  await eventually('the lines', () => lines.includes('set back'));
  await print('and on', clock.now());
  await eventually('the next line', () => lines.includes('and on'));
  expect(lines).toEqual(['before', 'set back', 'and on']);
});
