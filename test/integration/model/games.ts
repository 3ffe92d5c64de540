import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../src/platform/clock.ts';
import { isMissing } from '../../../src/platform/files/atomic-file.ts';
import { createPacketReader, encodePacket, packetTypes } from '../../../src/zomboid/rcon/rcon-packet.ts';
import type { FakeContainer, FakeRuntime } from '../../fakes/fake-runtime.ts';

/**
 * The games that run in the containers of a world: each writes its world at its first start and anew with each save, and
 * answers RCON.
 */
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
  /** Puts a world on the disk that none of ours wrote; it is not to be lost either. */
  putWorld(owner: string, file: string): void;
  /** Whether a server's game ever wrote a world. */
  hasWorld(serverId: string): boolean;
  /** What a game found that it never should, oldest first. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}

/** A game that someone speaks with. */
interface Game {
  isRunning(): boolean;
  save(): void;
  quit(): void;
}

const startMs = 2_000;
const saveMs = 300;
const quitMs = 700;

/** What games need of the world they are in. */
export interface GamesOptions {
  readonly clock: Clock;
  /** The folders below which servers have their own. */
  readonly roots: readonly string[];
  /** Further folders in which worlds may lie. */
  readonly elsewhere: readonly string[];
  /** Whether a server may begin with the world of another: as a copy, or because it was adopted. */
  takesOver(serverId: string): boolean;
}

/** Sets games to play in every container of an engine that starts. */
export async function createGames(fake: FakeRuntime, options: GamesOptions): Promise<Games> {
  const { clock, roots, elsewhere, takesOver } = options;
  /** What each server's game wrote last, by server id. It names its server, so that no world can pass for another's. */
  const worlds = new Map<string, string>();
  /** All that was ever written. */
  const written = new Set<string>();
  const violations: string[] = [];
  const runs = new Map<FakeContainer, number>();
  let isFailing = false;

  const header = (text: string): string => `LOG  : General     f:0, t:${clock.now()}> ${text}`;
  const serverIdOf = ({ spec }: FakeContainer): string => spec.labels['zedops.server.id'] ?? '';

  const fileOf = ({ spec: { mounts, env, name } }: FakeContainer): string | undefined => {
    const data = mounts.find(({ containerPath }) => containerPath === '/data')?.hostPath;
    return data === undefined ? undefined : join(data, 'Saves/Multiplayer', env.SERVER_NAME || name, 'map_0_0.bin');
  };
  const writeWorld = (serverId: string, file: string): void => {
    const content = `${serverId} ${randomBytes(64).toString('hex')}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    worlds.set(serverId, content);
    written.add(content);
  };
  const openWorld = (container: FakeContainer): void => {
    const { name } = container.spec;
    const file = fileOf(container);
    if (file === undefined || !roots.some((root) => file.startsWith(`${root}/`))) {
      violations.push(`${name} was started with its world in ${file}`);
      return;
    }
    const id = serverIdOf(container);
    const own = worlds.get(id);
    const found = existsSync(file) ? readFileSync(file, 'latin1') : undefined;
    if (own !== undefined) {
      if (found === undefined) {
        violations.push(`${name} was started without the world it had, and would have begun a new one in ${file}`);
      } else if (found !== own) violations.push(`${name} was started over another world than it left in ${file}`);
    } else if (found !== undefined && !(takesOver(id) && written.has(found))) {
      violations.push(`${name} was started over a world that is not its own in ${file}`);
    } else {
      const former = [...worlds].find(([, content]) => content === found)?.[0];
      // A world that was moved there has no other place any more; one that was copied has.
      const isMoved =
        found !== undefined && worldsBelow([...roots, ...elsewhere]).filter((one) => one === found).length < 2;
      writeWorld(id, file);
      if (isMoved && former !== undefined) worlds.delete(former);
    }
  };
  /** As a save does: only the newest is the world, and a copy from before is not. */
  const saveWorld = (container: FakeContainer): void => {
    const file = fileOf(container);
    if (file === undefined || !existsSync(file)) return;
    if (readFileSync(file, 'latin1') === worlds.get(serverIdOf(container))) writeWorld(serverIdOf(container), file);
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

  /** The game that answers to a password: one of ours, or one of a container of someone else. */
  const gameWith = (password: string): Game | undefined => {
    const own = fake
      .containers()
      .find(({ face, observed }) => observed.status === 'running' && face.spec.env.RCON_PASSWORD === password)?.face;
    if (own) {
      return {
        isRunning: () => statusOf(fake, own) === 'running',
        save() {
          if (statusOf(fake, own) === 'running') saveWorld(own);
          own.print(header('Saving finish'));
        },
        quit: () => own.exit(0),
      };
    }
    const other = fake.foreign.all().find(({ status, env }) => status === 'running' && env.RCON_PASSWORD === password);
    if (!other) return undefined;
    return {
      isRunning: () => fake.foreign.get(other.id).status === 'running',
      save: () => undefined,
      quit: () => fake.foreign.exit(other.id),
    };
  };

  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => void sockets.delete(socket));
    const reader = createPacketReader({ maxBytes: 65_536 });
    const answer = (id: number, type: number, body: string): void => {
      socket.write(encodePacket({ id, type, body }));
    };
    let game: Game | undefined;
    socket.on('data', (piece: Buffer) => {
      for (const { id, type, body } of reader.push(piece).packets) {
        const text = body.toString('utf8');
        if (type === packetTypes.auth) {
          game = gameWith(text);
          answer(id, packetTypes.response, '');
          answer(game ? id : -1, packetTypes.authReply, '');
          continue;
        }
        const asked = game;
        if (!asked?.isRunning()) socket.destroy();
        else if (type === packetTypes.response) answer(id, packetTypes.response, '');
        else {
          answer(id, packetTypes.response, text === 'save' ? 'World saved' : '');
          if (text === 'save') clock.after(saveMs, () => asked.save());
          if (text === 'quit') clock.after(quitMs, () => asked.quit());
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
    putWorld: writeWorld,
    hasWorld: (serverId) => worlds.has(serverId),
    lostWorlds() {
      const found = new Set(worldsBelow([...roots, ...elsewhere]));
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

/** Every world below some folders. One that is moved or removed meanwhile is left out. */
function worldsBelow(folders: readonly string[]): readonly string[] {
  const files = folders.flatMap((folder) =>
    globSync('**/Saves/Multiplayer/*/map_0_0.bin', { cwd: folder }).map((file) => join(folder, file)),
  );
  return files.flatMap((file) => {
    try {
      return readFileSync(file, 'latin1');
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  });
}
