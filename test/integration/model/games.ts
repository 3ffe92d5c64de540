import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { isMissing } from '../../../src/platform/atomic-file.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { createPacketReader, encodePacket, packetTypes } from '../../../src/zomboid/rcon-packet.ts';
import type { FakeContainer, FakeRuntime } from '../../fakes/fake-runtime.ts';

/** The games that run in the containers of a world: each writes its world at its first start, and answers RCON. */
export interface Games {
  /** The one port at which all of them listen: they tell each other apart by their passwords. */
  readonly rconPort: number;
  /** Has the next game that starts exit before it is ready. */
  failNextStart(): void;
  /** Has games start as they should. */
  behave(): void;
  /** Ends every connection, as the death of whoever made them does. */
  hangUp(): void;
  /** Worlds that were written and are not on the disk as they were, by id of their server. */
  lostWorlds(): readonly string[];
  /** Whether a server's game ever wrote a world. */
  hasWorld(serverId: string): boolean;
  /** The name of a server whose game wrote a world. */
  nameOf(serverId: string): string | undefined;
  /** What a game found that it never should, oldest first. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}

const startMs = 2_000;
const saveMs = 300;
const quitMs = 700;

/** Sets games to play in every container of an engine that starts. */
export async function createGames(fake: FakeRuntime, dataRoot: string, clock: Clock): Promise<Games> {
  /** What each server's game wrote, by server id. It names its server, so that no world can pass for another's. */
  const worlds = new Map<string, string>();
  const names = new Map<string, string>();
  const violations: string[] = [];
  const runs = new Map<FakeContainer, number>();
  let isFailing = false;

  const header = (text: string): string => `LOG  : General     f:0, t:${clock.now()}> ${text}`;
  const serverIdOf = ({ spec }: FakeContainer): string => spec.labels['zedops.server.id'] ?? '';

  const openWorld = (container: FakeContainer): void => {
    const { mounts, env, name } = container.spec;
    const data = mounts.find(({ containerPath }) => containerPath === '/data')?.hostPath;
    if (data === undefined || !data.startsWith(`${dataRoot}/`)) {
      violations.push(`${name} was started with its data at ${data}`);
      return;
    }
    const id = serverIdOf(container);
    const file = join(data, 'Saves/Multiplayer', env.SERVER_NAME || name, 'map_0_0.bin');
    const written = worlds.get(id);
    if (existsSync(file)) {
      const found = readFileSync(file, 'latin1');
      if (found !== written) violations.push(`${name} was started over another world than it left in ${file}`);
    } else if (written !== undefined) {
      violations.push(`${name} was started without the world it had, and would have begun a new one in ${file}`);
    } else {
      const content = `${id} ${randomBytes(64).toString('hex')}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      worlds.set(id, content);
      names.set(id, container.spec.labels['zedops.server.name'] ?? '');
    }
  };

  fake.onStart((container) => {
    openWorld(container);
    const run = (runs.get(container) ?? 0) + 1;
    runs.set(container, run);
    /** Does something after a while of this run; a game that is paused does it when it is resumed. */
    const inThisRun = (ms: number, act: () => void): void => {
      clock.after(ms, () => {
        const status = runs.get(container) === run ? statusOf(fake, container) : undefined;
        if (status === 'running') act();
        else if (status === 'paused') inThisRun(ms, act);
      });
    };
    const fails = isFailing;
    isFailing = false;
    container.print(header('version=42.20.4 0123456789abcdef demo=false'));
    inThisRun(startMs, () => {
      if (fails) container.exit(1);
      else container.print(header('*** SERVER STARTED ****'));
    });
  });

  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => void sockets.delete(socket));
    const reader = createPacketReader({ maxBytes: 65_536 });
    const answer = (id: number, type: number, body: string): void => {
      socket.write(encodePacket({ id, type, body }));
    };
    let game: FakeContainer | undefined;
    socket.on('data', (piece: Buffer) => {
      for (const { id, type, body } of reader.push(piece).packets) {
        const text = body.toString('utf8');
        if (type === packetTypes.auth) {
          game = fake
            .containers()
            .find(({ face, observed }) => observed.status === 'running' && face.spec.env.RCON_PASSWORD === text)?.face;
          answer(id, packetTypes.response, '');
          answer(game ? id : -1, packetTypes.authReply, '');
          continue;
        }
        const asked = game;
        if (!asked || statusOf(fake, asked) !== 'running') socket.destroy();
        else if (type === packetTypes.response) answer(id, packetTypes.response, '');
        else {
          answer(id, packetTypes.response, text === 'save' ? 'World saved' : '');
          if (text === 'save') clock.after(saveMs, () => asked.print(header('Saving finish')));
          if (text === 'quit') clock.after(quitMs, () => asked.exit(0));
        }
      }
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');

  return {
    rconPort: address.port,
    violations,
    failNextStart() {
      isFailing = true;
    },
    behave() {
      isFailing = false;
    },
    hangUp() {
      for (const socket of sockets) socket.destroy();
    },
    hasWorld: (serverId) => worlds.has(serverId),
    nameOf: (serverId) => names.get(serverId),
    lostWorlds() {
      const found = new Set(worldsBelow(dataRoot));
      return [...worlds].flatMap(([id, content]) => (found.has(content) ? [] : [id]));
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}

function statusOf(fake: FakeRuntime, container: FakeContainer): string | undefined {
  return fake.containers().find(({ face }) => face === container)?.observed.status;
}

/** Every world below a data root. One that is moved or removed meanwhile is left out. */
function worldsBelow(dataRoot: string): readonly string[] {
  return globSync('*/data/Saves/Multiplayer/*/map_0_0.bin', { cwd: dataRoot }).flatMap((file) => {
    try {
      return readFileSync(join(dataRoot, file), 'latin1');
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  });
}
