import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  CamelCasePlugin,
  type Dialect,
  type Driver,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { ZedopsError } from '../../protocol/errors.ts';

/** Query builder over an open database. Names are camel case here and snake case in the file. Does not own the database. */
export function createQueries<Tables>(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: sqliteDialect(database), plugins: [new CamelCasePlugin()] });
}

/** Kysely's SQLite dialect over node:sqlite. Transactions are immediate, so that one never fails half-way for a lock. */
function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => immediateDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

function immediateDriver(database: DatabaseSync): Driver {
  const driver = new SqliteDriver({ database: statementsOf(database) });
  return {
    init: (options) => driver.init(options),
    acquireConnection: () => driver.acquireConnection(),
    beginTransaction: async () => translated(() => database.exec('begin immediate')),
    commitTransaction: async () => translated(() => database.exec('commit')),
    // SQLite itself rolls back on some errors, such as a full disk; a second rollback would hide the first error.
    rollbackTransaction: async () => {
      if (database.isTransaction) translated(() => database.exec('rollback'));
    },
    releaseConnection: () => driver.releaseConnection(),
    destroy: async () => undefined,
  };
}

function statementsOf(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => undefined,
    prepare(sql) {
      const statement = translated(() => database.prepare(sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => translated(() => statement.all(...parameters.map(bindable))),
        run: (parameters) => translated(() => statement.run(...parameters.map(bindable))),
        iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
      };
    },
  };
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A value of type ${typeof value} cannot be stored`);
}

/** Runs something on the database and turns the errors an operator can mend into ours; others are bugs and stay. */
export function translated<Result>(task: () => Result): Result {
  try {
    return task();
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'errcode') : undefined;
    // The low byte is the primary result code: https://sqlite.org/rescode.html
    const trouble = typeof code === 'number' ? troubles.get(code & 0xff) : undefined;
    if (trouble === undefined) throw cause;
    throw new ZedopsError('INTERNAL', `The manager's database ${trouble}`, { hint: 'zedops doctor', cause });
  }
}

const troubles: ReadonlyMap<number, string> = new Map([
  [5, 'is held by another process; is a second manager running?'],
  [8, 'is read-only'],
  [10, 'cannot be read or written: the disk reports an error'],
  [11, 'is damaged'],
  [13, 'cannot be written: the disk is full'],
  [14, 'cannot be opened'],
  [26, 'is not a database'],
]);
