import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Terminal as Screen } from '@xterm/headless';
import { createFakeManager, type FakeAnswer, type FakeManager, type FakeRequest } from '../client/fake-manager.ts';
import { createFakeClock, type FakeClock } from '../platform/fake-clock.ts';
import type { FleetServer } from '../protocol/entities/fleet.ts';
import type { HostSummary } from '../protocol/entities/host.ts';
import type { Grant } from '../protocol/permissions.ts';
// Loaded beforehand: a test’s own clock does not wait for files.
import './screens/more-screens.ts';
import { runTui, type TuiOptions, type TuiOutcome } from './main.tsx';

/** The screens on an emulated terminal, with a manager that a test answers for. */
export interface TuiBed {
  readonly clock: FakeClock;
  readonly manager: FakeManager;
  readonly outcome: Promise<TuiOutcome>;
  /** The emulated terminal, for who looks at its colours. */
  readonly screen: Screen;
  /** Everything written to the terminal so far. */
  bytes(): string;
  /** Types keys as a terminal sends them. */
  type(bytes: string): void;
  resize(columns: number, rows: number): void;
  signal(name: string): void;
  /** Lets the time pass until the screen shows it, and resolves with the screen. */
  shows(pattern: RegExp): Promise<string>;
  /** Lets everything that is under way come to the screen. */
  settle(): Promise<string>;
  /** Whether the program's own screen is shown, and not the shell's. */
  isAlternate(): boolean;
  end(): Promise<void>;
}

/** What a bed may be told. */
export interface TuiBedOptions
  extends Partial<
    Pick<
      TuiOptions,
      'commandLines' | 'isReadOnly' | 'theme' | 'keys' | 'folder' | 'firstRun' | 'started' | 'hasMouse' | 'env'
    >
  > {
  readonly columns: number;
  readonly rows: number;
  readonly answers?: Readonly<Record<string, FakeAnswer>>;
  /** True for a person who knows no manager. */
  readonly hasNoManager?: boolean;
}

/** The time at which every bed begins. */
export const bedTime = Date.UTC(2026, 10, 21, 15, 0, 0);

/** Opens the screens. */
export function openTuiBed({ columns, rows, answers = {}, hasNoManager, ...options }: TuiBedOptions): TuiBed {
  const clock = createFakeClock(bedTime);
  const screen = new Screen({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  let bytes = '';
  const input = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { columns, rows });
  output.on('data', (chunk: Buffer) => {
    bytes += chunk.toString();
    screen.write(chunk);
  });
  const signals = Object.assign(new EventEmitter(), { suspend: () => void signals.emit('suspended') });
  const manager = createFakeManager(answers, clock);
  const outcome = runTui({
    client: hasNoManager ? undefined : manager,
    clock,
    input,
    output,
    signals,
    env: { TERM: 'xterm-256color' },
    folder: '/nonexistent',
    isReadOnly: false,
    ...options,
  });
  outcome.catch(() => undefined);
  const text = async (): Promise<string> => {
    await new Promise<void>((resolve) => screen.write('', resolve));
    const { active } = screen.buffer;
    return Array.from(
      { length: screen.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    ).join('\n');
  };
  const bed: TuiBed = {
    clock,
    manager,
    outcome,
    screen,
    bytes: () => bytes,
    type: (keys) => void input.write(keys),
    resize(nextColumns, nextRows) {
      screen.resize(nextColumns, nextRows);
      Object.assign(output, { columns: nextColumns, rows: nextRows });
      output.emit('resize');
    },
    signal: (name) => void signals.emit(name, name),
    async settle() {
      for (let round = 0; round < 24; round += 1) {
        for (let count = 0; count < 4; count += 1) await turn();
        clock.advance(25);
      }
      return text();
    },
    async shows(pattern) {
      for (let round = 0; round < 400; round += 1) {
        for (let count = 0; count < 4; count += 1) await turn();
        const shown = await text();
        if (pattern.test(shown)) return shown;
        clock.advance(25);
      }
      throw new Error(`the screen never showed ${pattern}; it shows:\n${await text()}`);
    },
    isAlternate: () => screen.buffer.active.type === 'alternate',
    async end() {
      bed.signal('SIGTERM');
      await outcome.catch(() => undefined);
      manager.cut();
      screen.dispose();
    },
  };
  return bed;
}

/** A server of a test's fleet. */
export function someServer(name: string, changes: Partial<FleetServer> = {}): FleetServer {
  return {
    id: `id-${name}`,
    name,
    host: 'box-1',
    hostId: 'h1',
    state: 'ready',
    power: 'on',
    image: 'example.org/zomboid:42',
    ports: [
      { name: 'game', port: 16261, protocol: 'udp' },
      { name: 'direct', port: 16262, protocol: 'udp' },
    ],
    readySeconds: 7800,
    pending: false,
    ...changes,
  };
}

/** A host of a test's fleet. */
export function someHost(name: string, changes: Partial<HostSummary> = {}): HostSummary {
  return {
    id: 'h1',
    name,
    connection: 'online',
    latencyMs: 12.3,
    servers: 3,
    facts: {
      hostname: name,
      platform: 'linux',
      kernel: '6.12.1',
      cpus: 16,
      memoryBytes: 64 * 2 ** 30,
      agentVersion: '0.1.0',
      nodeVersion: '24.0.0',
      dataRoot: '/srv',
      runtime: { kind: 'docker', version: '28.1.0' },
      clock: '2026-11-21T15:00:00.000Z',
    },
    ...changes,
  };
}

const admin: Grant = { role: 'admin', scope: { kind: 'global' } };

/** Answers of a manager with this fleet, asked by someone with these grants. Streams stay open. */
export function fleetAnswers(
  servers: readonly FleetServer[],
  hosts: readonly HostSummary[],
  grants: readonly Grant[] = [admin],
): Record<string, FakeAnswer> {
  const event = (id: number, kind: string, text: string, server?: FleetServer) => ({
    id,
    at: new Date(bedTime - (10 - id) * 60_000).toISOString(),
    kind,
    text,
    hostId: 'h1',
    host: 'box-1',
    ...(server === undefined ? {} : { serverId: server.id, server: server.name }),
  });
  const forEver = (): Promise<never> => new Promise(() => undefined);
  return {
    'fleet.watch'({ progress }) {
      progress({ isFirst: true, isWhole: true, servers, hosts, goneServers: [], goneHosts: [] });
      return forEver();
    },
    'event.list'({ progress }) {
      const events = [
        event(1, 'host-online', 'the host is online'),
        event(2, 'started', 'the game was started', servers[0]),
        event(3, 'ready', 'it takes players, 71 s after its start', servers[0]),
        event(4, 'crashed', 'it crashed: out of memory', servers[1]),
      ];
      progress({ events, last: 4 });
      return forEver();
    },
    'session.show': () => ({ actor: { kind: 'person', id: 'p1', name: 'kim@example.org' }, grants }),
  };
}

/** A log of 40 lines to which a test adds. */
export function someLog(): { readonly answer: FakeAnswer; say(...lines: readonly string[]): void; asked(): unknown[] } {
  let request: FakeRequest | undefined;
  let next = 1;
  const asked: unknown[] = [];
  const send = (lines: readonly string[]): void => {
    const text = lines.map((line) => `2026-11-21T15:00:00.000Z o ${line}`).join('\n');
    request?.progress({ kind: 'lines', stream: 's', first: next, count: lines.length, text });
    next += lines.length;
  };
  return {
    asked: () => asked,
    answer(incoming) {
      request = incoming;
      asked.push(incoming.data);
      if (next === 1) send(Array.from({ length: 40 }, (_, index) => `LOG  : General f:0 st:1> line ${index + 1}`));
      return new Promise(() => undefined);
    },
    say: (...lines) => send(lines),
  };
}
