import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { createFakeRuntime, type FakeContainer, type FakeRuntime } from '../../test/fakes/fake-runtime.ts';
import { createMortalRuntime, type MortalRuntime } from '../../test/fakes/mortal-runtime.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLog } from '../platform/log.ts';
import { type Job, Step } from '../protocol/entities/job.ts';
import type { DesiredServer, ObservedServer } from '../protocol/entities/server.ts';
import type { OperationShape } from '../protocol/operation.ts';
import { agentJobCancel, agentJobs, agentWatch } from '../protocol/operations/agent.ts';
import { createPeer, type Peer } from '../protocol/peer.ts';
import { createWirePair } from '../protocol/wire.ts';
import { createPacketReader, encodePacket, packetTypes } from '../zomboid/rcon/rcon-packet.ts';
import { createAgent } from './agent.ts';

/** An agent over a runtime in memory, with a game that listens on a real RCON port, and its manager's end of the wire. */
export interface AgentBed {
  readonly fake: FakeRuntime;
  readonly dataRoot: string;
  /** A data root to which servers may be moved. */
  readonly otherRoot: string;
  /** What the manager's mirror would hold. */
  observed(serverId: string): ObservedServer | undefined;
  /** What RCON was told, in order, but for the question who is online. */
  readonly told: readonly string[];
  server(change?: Partial<DesiredServer>): DesiredServer;
  ask(
    operation: OperationShape,
    server: DesiredServer,
    options?: { id?: string; input?: Readonly<Record<string, unknown>>; onStep?: (step: Step) => void },
  ): Promise<unknown>;
  jobs(): Promise<readonly Job[]>;
  /** Cancels a job and resolves with it when it has ended. */
  cancel(jobId: string): Promise<Job>;
  /** The manager's end of the wire. */
  manager(): Peer;
  /** Tells the agent what servers should be, as a manager does that comes back. */
  tell(desired: readonly DesiredServer[]): void;
  /** Kills the agent at its n-th deed from now on; {@link restart} brings it back. */
  dieAt(nth: number, when: 'before' | 'after'): Promise<void>;
  /** Has the engine not answer the n-th deed from now on; it answers again at once. */
  loseAt(nth: number, when: 'before' | 'after'): void;
  /**
   * Ends the agent in the middle of whatever it does; then a new one starts in the same folder, and does not hear of
   * what it does first where `loses` says so.
   */
  restart(options?: { readonly loses?: 'before' | 'after' }): Promise<void>;
  dispose(): Promise<void>;
}

/** How the game of a bed behaves. */
export interface BedGame {
  /** Lines printed at the start; the last one says that the game is ready. */
  readonly start: readonly string[];
  /** What `save` does besides its answer. */
  readonly save: (container: FakeContainer) => void;
  readonly quit: (container: FakeContainer) => void;
  /** How many are online; without it the game does not say. */
  readonly players?: () => number;
}

const header = (text: string): string => `LOG  : General     f:0, t:1763710000000> ${text}`;

/** A game that starts, saves and quits as it should. */
export const goodGame: BedGame = {
  start: [header('version=42.20.4 0123456789abcdef demo=false'), header('*** SERVER STARTED ****')],
  save: (container) => container.print(header('Saving finish')),
  quit: (container) => container.exit(0),
};

/** Makes the bed and waits until its agent has looked at everything. */
export async function createAgentBed(game: BedGame = goodGame): Promise<AgentBed> {
  const base = await mkdtemp(join(tmpdir(), 'zedops-agent-'));
  const otherRoot = await mkdtemp(join(tmpdir(), 'zedops-agent-other-'));
  const fake = createFakeRuntime(Date.now());
  const told: string[] = [];
  const rcon = await listenAsGame(told, game, () => fake.container('s1'));
  const mirror = new Map<string, ObservedServer>();
  let ending = new AbortController();
  let peer: Peer | undefined;
  let mortal: MortalRuntime = createMortalRuntime(fake.runtime);
  let ended: Promise<void> = Promise.resolve();
  let revision = 0;
  fake.onStart((container) => {
    for (const line of game.start) container.print(line);
  });

  const server = (change: Partial<DesiredServer> = {}): DesiredServer => {
    revision += 1;
    return {
      id: 's1',
      name: 'alpha',
      revision,
      power: 'on',
      image: { template: 'simulator', reference: 'zedops-simulator:latest', pull: 'never' },
      env: { RCON_PASSWORD: 'a-password-of-rcon' },
      secretKeys: ['RCON_PASSWORD'],
      game: {
        worldName: 'alpha',
        ports: [{ name: 'game', port: 16_261, protocol: 'udp' }],
        rcon: { port: rcon.port, passwordKey: 'RCON_PASSWORD' },
        volumes: [{ folder: 'data', path: '/data' }],
        stopSeconds: 60,
      },
      limits: {},
      deleted: false,
      ...change,
    };
  };

  const start = async (loses?: 'before' | 'after'): Promise<void> => {
    ending = new AbortController();
    mortal = createMortalRuntime(fake.runtime);
    if (loses) mortal.loseAt(1, loses);
    const agent = await createAgent({
      runtime: mortal.runtime,
      folder: join(base, 'agent'),
      dataRoot: base,
      dataRoots: [otherRoot],
      clock: systemClock,
      log: silentLog,
      signal: ending.signal,
    });
    ended = agent.ended;
    const [managerEnd, agentEnd] = createWirePair();
    const agentPeer: Peer = createPeer({ wire: agentEnd, serve: (incoming) => agent.serve(incoming, agentPeer) });
    const managerPeer = createPeer({ wire: managerEnd, serve: () => Promise.reject(new Error('not asked')) });
    peer = managerPeer;
    await new Promise<void>((resolve) => {
      managerPeer
        .request(
          agentWatch,
          { desired: [] },
          {
            onProgress(news) {
              if (news.kind === 'server') mirror.set(news.server.id, news.server);
              if (news.kind === 'facts') resolve();
              if (news.kind !== 'snapshot') return;
              for (const each of news.servers) mirror.set(each.id, each);
              if (news.facts.runtime.version !== undefined) resolve();
            },
          },
        )
        .catch(() => undefined);
    });
  };
  const peerNow = (): Peer => {
    if (!peer) throw new Error('the agent is not there');
    return peer;
  };
  await start();
  return {
    fake,
    dataRoot: base,
    otherRoot,
    told,
    server,
    observed: (id) => mirror.get(id),
    ask(operation, desired, { id, input = {}, onStep } = {}) {
      const actor = { kind: 'person', id: 'p1', name: 'ann@example.org' } as const;
      const data = { actor, input: { ...inputOf(operation, desired), ...input }, server: desired };
      return peerNow().request({ ...operation, request: anything }, data, {
        ...(id === undefined ? {} : { id }),
        onProgress: (step) => onStep?.(Step.parse(step)),
      });
    },
    manager: peerNow,
    async jobs() {
      return (await peerNow().request(agentJobs, {})).jobs;
    },
    async cancel(id) {
      return (await peerNow().request(agentJobCancel, { id })).job;
    },
    tell(desired) {
      peerNow()
        .request(agentWatch, { desired: [...desired] })
        .catch(() => undefined);
    },
    dieAt: (nth, when) => mortal.dieAt(nth, when),
    loseAt: (nth, when) => mortal.loseAt(nth, when),
    async restart({ loses } = {}) {
      // It lives on in this process, and would stop the game that its successor is asking to save.
      mortal.dieNow();
      ending.abort();
      peerNow().close(1000, 'ended');
      await ended;
      await start(loses);
    },
    async dispose() {
      ending.abort();
      peer?.close(1000, 'the test is over');
      await ended;
      await rcon.close();
      for (const made of [base, otherRoot]) await rm(made, { recursive: true, force: true });
    },
  };
}

const anything = z.unknown();

function inputOf({ subject }: OperationShape, { name }: DesiredServer): object {
  if (subject === 'server.purge') return { server: name, confirm: name };
  if (subject === 'server.rename') return { server: 'its old name', name };
  return subject === 'server.create' ? { name, env: {} } : { server: name };
}

interface ListeningGame {
  readonly port: number;
  close(): Promise<void>;
}

function playersReply(count: number | undefined): string {
  if (count === undefined) return '';
  const names = Array.from({ length: count }, (_, index) => `\n-player ${index + 1}`);
  return `Players connected (${count}): ${names.join('')}\n`;
}

/** Answers RCON as the game does: an auth reply after an empty packet, and an echo for every probe. */
async function listenAsGame(told: string[], game: BedGame, container: () => FakeContainer): Promise<ListeningGame> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const reader = createPacketReader({ maxBytes: 65_536 });
    const answer = (id: number, type: number, body: string): void => {
      socket.write(encodePacket({ id, type, body }));
    };
    socket.on('data', (piece: Buffer) => {
      for (const { id, type, body } of reader.push(piece).packets) {
        if (type === packetTypes.auth) {
          answer(id, packetTypes.response, '');
          answer(id, packetTypes.authReply, '');
        } else if (type === packetTypes.response) {
          answer(id, packetTypes.response, '');
        } else {
          const command = body.toString('utf8');
          if (command === 'players') {
            answer(id, packetTypes.response, playersReply(game.players?.()));
            continue;
          }
          told.push(command);
          answer(id, packetTypes.response, command === 'save' ? 'World saved' : '');
          if (command === 'save') game.save(container());
          if (command === 'quit') game.quit(container());
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
