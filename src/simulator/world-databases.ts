import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A player as the world remembers them. */
export interface SavedPlayer {
  readonly username: string;
  readonly steamId: string;
  readonly x: number;
  readonly y: number;
}

/** The two databases beside a world's map files. */
export interface WorldDatabases {
  /** Writes players and vehicles, each database in one transaction. `save` is the number of the save. */
  save(save: number, players: readonly SavedPlayer[]): void;
  close(): void;
}

const vehicleCount = 40;

/** Opens `players.db` and `vehicles.db`, and makes them where they are missing. */
export function openWorldDatabases(folder: string, world: string, worldVersion: number): WorldDatabases {
  const players = new DatabaseSync(join(folder, 'players.db'));
  // A game that is killed loses nothing of what was written; a power cut is not simulated.
  players.exec('PRAGMA synchronous = OFF');
  players.exec(`CREATE TABLE IF NOT EXISTS networkPlayers (id INTEGER PRIMARY KEY, world TEXT, username TEXT,
    playerIndex INTEGER, name TEXT, steamid TEXT, x FLOAT, y FLOAT, z FLOAT, worldversion INTEGER, data BLOB,
    isDead BOOLEAN, UNIQUE (world, username, playerIndex))`);
  players.exec(`CREATE TABLE IF NOT EXISTS localPlayers (id INTEGER PRIMARY KEY, name TEXT, wx INTEGER, wy INTEGER,
    x FLOAT, y FLOAT, z FLOAT, worldversion INTEGER, data BLOB, isDead BOOLEAN)`);
  const vehicles = new DatabaseSync(join(folder, 'vehicles.db'));
  vehicles.exec('PRAGMA synchronous = OFF');
  vehicles.exec(`CREATE TABLE IF NOT EXISTS vehicles (id INTEGER PRIMARY KEY, wx INTEGER, wy INTEGER, x FLOAT, y FLOAT,
    worldversion INTEGER, data BLOB)`);
  return {
    save(save, online) {
      const data = Buffer.from(`ZedOps simulator, save ${save}`);
      const keepPlayer = players.prepare(`INSERT INTO networkPlayers
        (world, username, playerIndex, name, steamid, x, y, z, worldversion, data, isDead)
        VALUES (?, ?, 0, ?, ?, ?, ?, 0, ?, ?, 0)
        ON CONFLICT (world, username, playerIndex) DO UPDATE SET x = excluded.x, y = excluded.y, data = excluded.data`);
      inTransaction(players, () => {
        for (const { username, steamId, x, y } of online) {
          keepPlayer.run(world, username, username, steamId, x, y, worldVersion, data);
        }
      });
      const keepVehicle = vehicles.prepare(
        'INSERT OR REPLACE INTO vehicles (id, wx, wy, x, y, worldversion, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      inTransaction(vehicles, () => {
        for (let id = 1; id <= vehicleCount; id += 1) {
          const [x, y] = [10_000 + id * 7, 9_000 + id * 3];
          keepVehicle.run(id, Math.floor(x / 10), Math.floor(y / 10), x, y, worldVersion, data);
        }
      });
    },
    close() {
      players.close();
      vehicles.close();
    },
  };
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
