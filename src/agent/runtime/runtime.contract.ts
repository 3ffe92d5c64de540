import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerSpec } from '../spec/container-spec.ts';
import {
  madeByLabel,
  managedLabel,
  revisionLabel,
  serverIdLabel,
  serverNameLabel,
  serverNetworks,
} from '../spec/spec-build.ts';
import type { LogChunk, LogPosition, LogRequest, Runtime, RuntimeContainer, RuntimeEvent } from './runtime.ts';

/** What a scripted game does, one after another; after the last step it stays until SIGTERM, prints `bye` and exits with 0. */
export type GameStep =
  | readonly ['out' | 'err', string]
  /** Bytes in base64, without a line feed added. */
  | readonly ['raw', string]
  /** A line of that many letters that ends in CR LF. */
  | readonly ['long', number]
  /** That many numbered lines at once, to stdout and stderr in turn. */
  | readonly ['burst', number]
  /** A numbered line every so many milliseconds, for ever, beside the steps that follow. */
  | readonly ['tick', number]
  /** Ignore SIGTERM from now on. */
  | readonly ['deaf']
  | readonly ['exit', number];

/** A runtime to hold to the contract. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** Makes a spec whose `image`, `template` and `mounts` run {@link gameSource}, or stand for it. */
  readonly spec: (base: ContainerSpec) => Promise<ContainerSpec>;
  readonly hasExec: boolean;
  dispose(): Promise<void>;
}

/** A game that plays the steps in its environment variable `GAME`. Runs under any Node. */
export const gameSource = `
const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
const write = (stream, text) => new Promise((resolve) => stream.write(text, resolve));
let isDeaf = false;
process.on('SIGTERM', () => { if (!isDeaf) { process.stdout.write('bye\\n', () => process.exit(0)); } });
setInterval(() => undefined, 1000);
for (const [step, value] of JSON.parse(process.env.GAME)) {
  if (step === 'out') await write(process.stdout, value + '\\n');
  if (step === 'err') await write(process.stderr, value + '\\n');
  if (step === 'raw') await write(process.stdout, Buffer.from(value, 'base64'));
  if (step === 'long') await write(process.stdout, 'x'.repeat(value) + '\\r\\n');
  if (step === 'burst') for (let at = 0; at < value; at += 1) await write(at % 2 ? process.stderr : process.stdout, 'line ' + at + '\\n');
  if (step === 'tick') { let at = 0; setInterval(() => process.stdout.write('tick ' + at++ + '\\n'), value); }
  if (step === 'deaf') isDeaf = true;
  if (step === 'exit') { await wait(); process.exit(value); }
}
`;

/** Prints the arguments of every process but itself. */
const listsPrograms = `
const { readdirSync, readFileSync } = require('node:fs');
for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && name !== String(process.pid))) {
  console.log(readFileSync('/proc/' + pid + '/cmdline', 'utf8').replaceAll('\\0', ' '));
}`;

const deadlineMs = 20_000;
let specs = 0;

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Holds a runtime to what {@link Runtime} promises. */
export function runtimeContract(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`the runtime contract: ${name}`, { timeout: 60_000 }, () => {
    let under: RuntimeUnderTest;
    let runtime: Runtime;
    const made: string[] = [];

    beforeAll(async () => {
      under = await open();
      runtime = under.runtime;
    });
    afterAll(async () => {
      for (const id of made) {
        await runtime.kill(id).catch(() => undefined);
        await runtime.remove(id);
      }
      await under?.dispose();
    });

    const specOf = (steps: readonly GameStep[]): Promise<ContainerSpec> => {
      specs += 1;
      const server = `c${process.pid}n${specs}`;
      return under.spec({
        name: `contract-${server}`,
        image: 'contract',
        template: 'contract',
        env: { GAME: JSON.stringify(steps) },
        labels: { [managedLabel]: 'true', [serverIdLabel]: `id-${server}`, [serverNameLabel]: server },
        mounts: [],
        ports: [],
        networks: serverNetworks,
        memoryBytes: 256 * 1024 ** 2,
        cpus: 1,
        pids: 256,
        log: { maxBytes: 10 * 1024 ** 2, files: 5 },
        stopSeconds: 60,
      });
    };
    const create = async (...steps: readonly GameStep[]): Promise<string> => {
      const id = await runtime.create(await specOf(steps));
      made.push(id);
      return id;
    };
    const run = async (...steps: readonly GameStep[]): Promise<string> => {
      const id = await create(...steps);
      await runtime.start(id);
      return id;
    };
    const inspect = async (id: string): Promise<RuntimeContainer> => {
      const container = await runtime.inspect(id);
      if (!container) throw new Error(`${id} is gone`);
      return container;
    };
    const exited = (id: string): Promise<void> =>
      until('the exit', async () => (await inspect(id)).status === 'exited');
    const read = async (id: string, request: Partial<LogRequest> = {}): Promise<LogChunk[]> => {
      const chunks: LogChunk[] = [];
      const signal = new AbortController().signal;
      await runtime.logs(id, { follow: false, signal, ...request }, (chunk) => void chunks.push(chunk));
      return chunks;
    };
    const textOf = (chunks: readonly LogChunk[]): string[] => linesOf(chunks).map((line) => line.slice(33));

    test('creates a container that does not run yet', async () => {
      const spec = await specOf([]);
      const id = await runtime.create(spec);
      made.push(id);
      const container = await inspect(id);
      expect(container).toMatchObject({ id, name: spec.name, image: spec.image, status: 'created' });
      expect(container.serverId).toBe(spec.labels[serverIdLabel]);
      for (const absent of ['startedAt', 'finishedAt', 'exitCode', 'address'])
        expect(container).not.toHaveProperty(absent);
      expect((await runtime.list()).map((one) => one.id)).toContain(id);
      expect(await read(id, { follow: true })).toEqual([]);
      await expect(runtime.create(spec)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('starts it, and starting it again is no error', async () => {
      const id = await run();
      const container = await inspect(id);
      expect(container.status).toBe('running');
      expect(Date.parse(container.startedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
      expect(container.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      await runtime.start(id);
      expect((await inspect(id)).startedAt).toBe(container.startedAt);
      await expect(runtime.remove(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('tells the exit code of a game that ends, and can start it again', async () => {
      const id = await run(['out', 'hello'], ['exit', 7]);
      await exited(id);
      const container = await inspect(id);
      expect(container.exitCode).toBe(7);
      expect(container).not.toHaveProperty('address');
      expect(Date.parse(container.finishedAt ?? '')).toBeGreaterThanOrEqual(
        Math.floor(Date.parse(container.startedAt ?? '')),
      );
      await runtime.start(id);
      await exited(id);
      expect((await inspect(id)).startedAt).not.toBe(container.startedAt);
      expect(textOf(await read(id))).toEqual(['hello', 'hello']);
    });

    test('stops it by SIGTERM, and stopping it again is no error', async () => {
      const id = await run(['out', 'up']);
      await until('the game to be up', async () => textOf(await read(id)).includes('up'));
      await runtime.stop(id, 20);
      expect(await inspect(id)).toMatchObject({ status: 'exited', exitCode: 0 });
      expect(textOf(await read(id))).toEqual(['up', 'bye']);
      await runtime.stop(id, 20);
      await runtime.kill(id);
    });

    test('kills what does not end within its grace', async () => {
      const id = await run(['deaf'], ['out', 'deaf']);
      await until('the game to be deaf', async () => textOf(await read(id)).includes('deaf'));
      await runtime.stop(id, 1);
      expect(await inspect(id)).toMatchObject({ status: 'exited', exitCode: 137 });
    });

    test('kills it at once, and removes it; doing either again is no error', async () => {
      const id = await run(['deaf']);
      await runtime.kill(id);
      expect(await inspect(id)).toMatchObject({ status: 'exited', exitCode: 137 });
      await runtime.kill(id);
      await runtime.remove(id);
      expect(await runtime.inspect(id)).toBeUndefined();
      expect((await runtime.list()).map((one) => one.id)).not.toContain(id);
      await runtime.remove(id);
    });

    test('renames it, running or not, and not to a name that is taken', async () => {
      const [first, second] = [await run(), await create()];
      const { name } = await inspect(first);
      await runtime.rename(first, `${name}.old-1`);
      expect(await inspect(first)).toMatchObject({ name: `${name}.old-1`, status: 'running' });
      await runtime.rename(first, `${name}.old-1`);
      await expect(runtime.rename(second, `${name}.old-1`)).rejects.toMatchObject({ code: 'CONFLICT' });
      await runtime.rename(second, name);
      expect((await runtime.list()).find(({ id }) => id === second)?.name).toBe(name);
      await runtime.kill(first);
    });

    test('tells which revision it was made of, and by whom', async () => {
      const spec = await specOf([]);
      const id = await runtime.create({
        ...spec,
        labels: { ...spec.labels, [revisionLabel]: '7', [madeByLabel]: 'request1' },
      });
      made.push(id);
      expect(await inspect(id)).toMatchObject({ revision: 7, madeBy: 'request1' });
    });

    test('does not find what is not there', async () => {
      const id = 'f'.repeat(64);
      expect(await runtime.inspect(id)).toBeUndefined();
      await expect(runtime.start(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(runtime.stop(id, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(runtime.kill(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(runtime.rename(id, 'any')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(read(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('tells what happens, in order, from the moment it is live', async () => {
      const watching = new AbortController();
      const events: RuntimeEvent[] = [];
      let live = 0;
      const watched = runtime.watch(
        (event) => events.push(event),
        () => {
          live += 1;
        },
        watching.signal,
      );
      await until('live', () => live === 1);
      const id = await create(['exit', 3]);
      const kinds = (): readonly string[] =>
        events.filter((event) => event.containerId === id).map((event) => event.kind);
      await until('created', () => kinds().includes('created'));
      await runtime.start(id);
      await until('exited', () => kinds().includes('exited'));
      await runtime.remove(id);
      await until('removed', () => kinds().includes('removed'));
      expect(kinds()).toEqual(['created', 'started', 'exited', 'removed']);
      expect(events.every(({ serverId, at }) => serverId !== '' && !Number.isNaN(Date.parse(at)))).toBe(true);
      watching.abort();
      await watched;
      expect(live).toBe(1);
    });

    test('reads output with its time and stream', async () => {
      const id = await run(['out', 'one'], ['err', 'two'], ['out', ''], ['exit', 0]);
      await exited(id);
      const chunks = await read(id);
      const lines = linesOf(chunks);
      expect(lines.filter((line) => line.charAt(31) === 'o').map((line) => line.slice(33))).toEqual(['one', '']);
      expect(lines.filter((line) => line.charAt(31) === 'e').map((line) => line.slice(33))).toEqual(['two']);
      for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z [oe] /);
      expect(chunks.reduce((sum, { count }) => sum + count, 0)).toBe(3);
      expect(chunks.at(-1)?.position).toEqual(positionsOf(lines).at(-1));
    });

    test('gives long, broken and unfinished lines as one readable line each', async () => {
      const raw = Buffer.concat([
        Buffer.from([0x61, 0xff, 0x00, 0x62, 0x0a]),
        Buffer.from('\u001b[31mred\u001b[0m\nno line feed'),
      ]);
      const id = await run(['long', 100_000], ['raw', raw.toString('base64')], ['exit', 0]);
      await exited(id);
      expect(textOf(await read(id))).toEqual([
        'x'.repeat(100_000),
        'a\uFFFD\uFFFDb',
        '\u001b[31mred\u001b[0m',
        'no line feed',
      ]);
    });

    test('goes on after any place, with no line twice and none missing', async () => {
      const id = await run(['burst', 400], ['exit', 0]);
      await exited(id);
      const all = linesOf(await read(id));
      expect(all).toHaveLength(400);
      const places = positionsOf(all);
      for (const at of [0, 1, 2, 50, 199, 200, 201, 398, 399]) {
        const after = places[at];
        if (!after) throw new Error('no such place');
        expect(linesOf(await read(id, { after }))).toEqual(all.slice(at + 1));
        const before = { ...after, nth: after.nth - 1 };
        expect(linesOf(await read(id, { after: before }))[0]).toBe(all[at]);
      }
    });

    test('loses and repeats nothing over many interrupted reads of a game that goes on', async () => {
      const id = await run(['tick', 2]);
      const seen: string[] = [];
      let after: LogPosition | undefined;
      for (let round = 0; round < 12; round += 1) {
        const ending = new AbortController();
        const goal = seen.length + 1 + round * 3;
        const request = { follow: true, signal: ending.signal, ...(after ? { after } : {}) };
        await runtime.logs(id, request, (chunk) => {
          seen.push(...chunk.text.split('\n'));
          after = chunk.position;
          if (seen.length >= goal) ending.abort();
          return undefined;
        });
      }
      await runtime.kill(id);
      expect(seen.map((line) => line.slice(33))).toEqual(seen.map((_, at) => `tick ${at}`));
    });

    test('follows to the exit', async () => {
      const id = await run(['burst', 5_000], ['out', 'last'], ['exit', 0]);
      const lines = linesOf(await read(id, { follow: true }));
      expect(lines).toHaveLength(5_001);
      expect(lines.filter((line) => line.charAt(31) === 'o').at(-1)).toContain('last');
      expect((await inspect(id)).status).not.toBe('created');
    });

    test('stops following when told, and gives nothing more', async () => {
      const id = await run(['tick', 5]);
      const ending = new AbortController();
      let chunks = 0;
      await runtime.logs(id, { follow: true, signal: ending.signal }, () => {
        chunks += 1;
        ending.abort();
        return undefined;
      });
      expect(chunks).toBe(1);
      const early = AbortSignal.abort();
      expect(await read(id, { follow: true, signal: early })).toEqual([]);
    });

    test('reads nothing while the reader is busy, and the game never notices', async () => {
      const id = await run(['burst', 30_000], ['exit', 5]);
      let release: () => void = () => undefined;
      const busy = new Promise<void>((resolve) => {
        release = resolve;
      });
      let calls = 0;
      const seen: string[] = [];
      const reading = runtime.logs(id, { follow: true, signal: new AbortController().signal }, (chunk) => {
        calls += 1;
        seen.push(...chunk.text.split('\n'));
        return busy;
      });
      await until('the first chunk', () => calls === 1);
      await exited(id);
      expect(calls).toBe(1);
      release();
      await reading;
      expect(new Set(seen.map((line) => line.slice(33))).size).toBe(30_000);
      expect(seen).toHaveLength(30_000);
      expect((await inspect(id)).exitCode).toBe(5);
    });

    test('fails as its reader fails', async () => {
      const id = await run(['out', 'x'], ['exit', 0]);
      await exited(id);
      const request = { follow: false, signal: new AbortController().signal };
      const failing = runtime.logs(id, request, () => Promise.reject(new Error('the reader broke')));
      await expect(failing).rejects.toThrow('the reader broke');
    });

    test('knows who is bound to a folder, and is not misled by one whose name begins the same', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'zedops-bound-'));
      await mkdir(join(folder, 'data'));
      const base = await specOf([]);
      const own = { hostPath: join(folder, 'data'), containerPath: '/bound/data' };
      const spec = { ...base, mounts: [...base.mounts, own] };
      const id = await runtime.create(spec);
      made.push(id);
      expect(await runtime.boundTo(folder)).toEqual([spec.name]);
      expect(await runtime.boundTo(join(folder, 'data'))).toEqual([spec.name]);
      expect(await runtime.boundTo(join(folder, 'dat'))).toEqual([]);
      await runtime.remove(id);
      expect(await runtime.boundTo(folder)).toEqual([]);
      await rm(folder, { recursive: true });
    });

    test('runs a program inside, where there is an inside', async () => {
      const id = await run();
      const inside = runtime.exec(
        id,
        ['/node', '-e', 'console.log("in"); process.exit(4)'],
        new AbortController().signal,
      );
      if (!under.hasExec) await expect(inside).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      else expect(await inside).toEqual({ exitCode: 4, output: 'in\n' });
    });

    test('gives the input and output of a program inside as one stream, where there is an inside', async () => {
      const id = await run();
      const pipe = (source: string) => runtime.pipe(id, ['/node', '-e', source], new AbortController().signal);
      if (!under.hasExec) {
        await expect(pipe('')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        return;
      }
      const echoing = await pipe('process.stdin.pipe(process.stdout)');
      const sent = Buffer.alloc(1024 * 1024, 'all that is sent comes back\n');
      echoing.end(sent);
      expect((await buffer(echoing)).equals(sent)).toBe(true);
      const failing = await pipe('console.log("before"); process.stdout.write("", () => console.error("no way"))');
      await expect(buffer(failing)).rejects.toThrow('no way');
      const ended = await pipe('process.stdin.resume()');
      ended.destroy();
      await until('its input to end', async () => {
        const found = await runtime.exec(id, ['/node', '-e', listsPrograms], new AbortController().signal);
        return !found.output.includes('process.stdin.resume');
      });
    });
  });
}

function linesOf(chunks: readonly LogChunk[]): string[] {
  const lines = chunks.flatMap(({ text }) => text.split('\n'));
  expect(chunks.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length);
  return lines;
}

/** The place after each line. */
function positionsOf(lines: readonly string[]): LogPosition[] {
  const counts = new Map<string, number>();
  return lines.map((line) => {
    const time = line.slice(0, 30);
    const nth = (counts.get(time) ?? 0) + 1;
    counts.set(time, nth);
    return { time, nth };
  });
}
