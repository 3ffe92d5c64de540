import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { operations } from '../src/protocol/operations/index.ts';
import { importCycles, packageOf, readSourceFiles, type SourceFile } from './support/source-files.ts';
import { root } from './support/zedops.ts';

/** What a room may reach besides itself, and the packages that may be named in it. */
interface RoomRules {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Rooms that only `import()` may reach, so that nobody pays for them who does not ask. */
  readonly lazyRooms?: readonly string[];
  /** `pure`: nothing of Node but what is named. */
  readonly node: 'all' | readonly string[];
}

const rules: Readonly<Record<string, RoomRules>> = {
  protocol: { rooms: [], packages: ['zod'], node: [] },
  zomboid: { rooms: [], packages: ['yaml', 'zod'], node: [] },
  platform: { rooms: ['protocol'], packages: ['pino', 'ws', 'zod'], node: 'all' },
  client: { rooms: ['protocol', 'platform'], packages: ['zod'], node: 'all' },
  agent: { rooms: ['protocol', 'platform', 'zomboid'], packages: ['dockerode', 'yaml', 'zod'], node: 'all' },
  manager: {
    rooms: ['protocol', 'platform', 'zomboid'],
    packages: ['hono', '@hono/node-server', 'kysely', '@peculiar/x509', 'ws', 'zod'],
    node: 'all',
  },
  simulator: { rooms: ['zomboid', 'platform'], packages: ['zod'], node: 'all' },
  tui: { rooms: ['client', 'protocol', 'platform', 'zomboid'], packages: ['ink', 'react', 'zod'], node: 'all' },
  cli: {
    rooms: ['client', 'protocol', 'platform', 'zomboid'],
    lazyRooms: ['agent', 'manager', 'simulator', 'tui'],
    packages: ['commander', 'kleur', 'ora', 'zod'],
    node: 'all',
  },
};

const noRules: RoomRules = { rooms: [], packages: [], node: [] };

/** Where the command line may enter a room of another program. */
const doors = /\/(main|identity)\.tsx?$/;

/** Packages that only tests use. */
const testPackages = ['vitest', 'fast-check', 'execa', 'rcon-client', 'rcon-server', '@xterm/headless'];

/** Files over 300 lines, each with the reason why it is one idea all the same. */
const longFiles: Readonly<Record<string, string>> = {
  'src/agent/logs/server-log.ts': 'what is read, appended and resumed of one log shares one state',
  'src/agent/runtime/runtime.contract.ts': 'one contract, which every runtime passes whole',
  'src/manager/core-bed.ts': 'everything a manager’s core stands on, for the tests of its parts',
  'src/manager/logs/fan-out.test.ts': 'one property after another of one promise to viewers',
  'test/fakes/fake-runtime.ts': 'the one fake of a runtime, with all that the port has',
};

/** Tests that look at two rooms at once, each with the reason why no room alone can be asked. */
const acrossRooms: Readonly<Record<string, string>> = {
  'src/zomboid/shipped-images.test.ts': 'the templates shipped must fit what reads them, in every room',
};

const longest = 300;

/** Operations that no command of their own asks for, each with the reason. */
const withoutCommand: Readonly<Record<string, string>> = {
  'system.hello': 'either end of a wire says it by itself',
  'system.ping': 'host ping and the heartbeat of a session ask it',
  'player.whitelist-remove': 'zedops player whitelist remove asks it',
  'player.find': 'commands that act on a player ask it, to show what will be done',
  'server.plan': 'zedops server create --dry-run asks it',
  'server.items': 'completion in the console of zedops rcon asks it',
  'host.join': 'zedops agent join asks it from the agent’s room, before there is a client',
  'host.renew': 'an agent renews its certificate by itself',
  'relocation.describe': 'an agent asks it of the host a world comes from',
  'relocation.read': 'an agent asks it of the host a world comes from',
  'relocation.read-many': 'an agent asks it of the host a world comes from',
  'relocation.log-list': 'an agent asks it of the host a world comes from',
  'relocation.log-read': 'an agent asks it of the host a world comes from',
  'relocation.step': 'an agent asks it while a server comes to it',
};

const files = readSourceFiles(['src', 'test', 'scripts', 'bench', 'bin']);
const sources = files.filter(({ room }) => room !== undefined);
const program = sources.filter(({ isTest }) => !isTest);

/** Where each offence is, one line each, so that a failure reads as a list of things to do. */
function offences(among: readonly SourceFile[], find: (file: SourceFile) => readonly string[]): string[] {
  return among.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));
}

const roomOf = (path: string): string | undefined => /^src\/([a-z]+)\//.exec(path)?.[1];

describe('rooms', () => {
  test('every folder of src is a room with rules', () => {
    expect([...new Set(sources.map(({ room = '' }) => room))].filter((room) => !(room in rules))).toEqual([]);
  });

  test('import only the rooms they may', () => {
    const strict = sources.filter(({ path }) => !(path in acrossRooms));
    const wrong = offences(strict, ({ room = '', imports, isTest }) =>
      imports.flatMap(({ file, kind }) => {
        const target = file === undefined ? undefined : roomOf(file);
        if (file === undefined || target === room) return [];
        if (target === undefined)
          return isTest && /^test\/(support|fakes)\//.test(file) ? [] : [`leaves src for ${file}`];
        const { rooms = [], lazyRooms = [] } = rules[room] ?? noRules;
        if (rooms.includes(target) || (lazyRooms.includes(target) && kind !== 'value')) return [];
        return [`${room} imports ${target} (${file}${kind === 'value' ? '' : `, ${kind}`})`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('cli enters other programs’ rooms by their doors alone', () => {
    const wrong = offences(
      sources.filter(({ room }) => room === 'cli'),
      ({ imports }) =>
        imports.flatMap(({ file = '', kind }) =>
          kind === 'lazy' && rules.cli?.lazyRooms?.includes(roomOf(file) ?? '') && !doors.test(file)
            ? [`enters by ${file}`]
            : [],
        ),
    );
    expect(wrong).toEqual([]);
  });

  test('use only their own libraries', () => {
    const wrong = offences(sources, ({ room = '', imports, isTest }) => {
      const { packages, node } = rules[room] ?? noRules;
      return imports
        .filter(({ file }) => file === undefined)
        .map(({ from }) => packageOf(from))
        .filter((name) => {
          if (isTest && (testPackages.includes(name) || name.startsWith('node:'))) return false;
          return name.startsWith('node:') ? node !== 'all' && !node.includes(name) : !packages.includes(name);
        });
    });
    expect(wrong).toEqual([]);
  });

  test('the program never imports what only tests are for', () => {
    const tests = new Set(files.filter(({ isTest }) => isTest).map(({ path }) => path));
    const wrong = offences(program, ({ imports }) =>
      imports.flatMap(({ file }) => (file !== undefined && tests.has(file) ? [file] : [])),
    );
    expect(wrong).toEqual([]);
  });

  test('import one another in no circle', () => {
    expect(importCycles(files)).toEqual([]);
  });

  test('relative imports name a file that is there, with its extension', () => {
    const wrong = offences(files, ({ path, imports }) =>
      imports.flatMap(({ from, file }) =>
        file === undefined ||
        (existsSync(join(root, file)) && /\.(ts|tsx|json|js)$/.test(from)) ||
        path.startsWith('bin/')
          ? []
          : [from],
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  test(`have at most ${longest} lines, or a reason`, () => {
    const long = files.filter(({ lines }) => lines.length - 1 > longest).map(({ path }) => path);
    expect(long.sort()).toEqual(Object.keys(longFiles).sort());
  });

  test('have names that say something', () => {
    const empty = /^(utils?|helpers?|common|misc|data|info|shared|stuff|manager2|types)$/;
    const wrong = files.filter(({ path }) =>
      path.split('/').some((part) => empty.test(basename(part).replace(/\..*$/, ''))),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('hold no work put off', () => {
    const mark = new RegExp(
      `\\b(${['TO', 'FIX', 'XX'].map((word, index) => word + ['DO', 'ME', 'X'][index]).join('|')})\\b`,
    );
    expect(offences(files, ({ lines }) => lines.filter((line) => mark.test(line)))).toEqual([]);
  });

  test('export nothing without a name', () => {
    const wrong = offences(
      files,
      ({ text }) => text.match(/^export default\b.*|^export \{[^}]*\bas default\b.*/gm) ?? [],
    );
    expect(wrong).toEqual([]);
  });

  test('mock no modules, focus and skip no tests for good', () => {
    const forbidden = new RegExp(`\\b(vi\\.(do)?mo${'ck'}\\(|(test|it|describe)\\.(only|skip|to${'do'})\\()`);
    expect(offences(files, ({ lines }) => lines.filter((line) => forbidden.test(line)))).toEqual([]);
  });

  test('say of each export what it is for', () => {
    const exported =
      /^export (?:declare )?(?:async )?(?:abstract )?(function\*?|const|class|interface) ([A-Za-z0-9_]+)/;
    const wrong = offences(
      files.filter(({ path, isTest }) => path.startsWith('test/support/') || !isTest),
      ({ lines }) =>
        lines.flatMap((line, index) => {
          const name = exported.exec(line)?.[2];
          return name === undefined || /\*\/\s*$/.test(lines[index - 1] ?? '') ? [] : [name];
        }),
    );
    expect(wrong).toEqual([]);
  });

  test('a suppression of a rule carries its reason', () => {
    const mark = /biome-ignore [^:]+:\s*\S{3,}/;
    const wrong = offences(files, ({ lines }) =>
      lines.filter(
        (line) => (line.includes(`biome-${'ignore'}`) && !mark.test(line)) || line.includes(`@ts-${'ignore'}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

/** `subject` → the name of the constant that declares it. */
const constants = new Map(
  program
    .filter(({ path }) => path.startsWith('src/protocol/operations/'))
    .flatMap(({ text }) => [...text.matchAll(/^export const (\w+) = operation\(\{\s*subject: '([^']+)'/gm)])
    .map(([, name = '', subject = '']) => [subject, name]),
);

/** Files of a room that name a constant beyond importing it. */
function naming(room: string, name: string): string[] {
  const word = new RegExp(`\\b${name}\\b`, 'g');
  return program
    .filter((file) => file.room === room && (file.text.match(word) ?? []).length > 1)
    .map(({ path }) => path);
}

describe('operations', () => {
  test('are all found by this test', () => {
    expect([...constants.keys()].sort()).toEqual(operations.map(({ subject }) => subject).sort());
  });

  test('are each handled in the room they run on', () => {
    const unhandled = operations.filter(({ subject, runsOn, audience }) => {
      const name = constants.get(subject) ?? '';
      const rooms = audience === 'peer' ? ['agent', 'manager'] : [runsOn];
      return rooms.some((room) => naming(room, name).length === 0);
    });
    expect(unhandled.map(({ subject }) => subject)).toEqual([]);
  });

  test('are each asked for by a command, or have a reason not to be', () => {
    const unreachable = operations
      .filter(
        ({ audience }) => audience === 'people' || audience === 'nobody' || audience === 'agent' || audience === 'peer',
      )
      .filter(({ subject }) =>
        ['cli', 'client'].every((room) => naming(room, constants.get(subject) ?? '').length === 0),
      )
      .map(({ subject }) => subject);
    expect(unreachable.filter((subject) => !(subject in withoutCommand))).toEqual([]);
  });

  test('that only a manager asks of an agent are asked by the manager', () => {
    const unasked = operations
      .filter(({ audience }) => audience === 'manager')
      .filter(({ subject }) => naming('manager', constants.get(subject) ?? '').length === 0);
    expect(unasked.map(({ subject }) => subject)).toEqual([]);
  });
});

test('documents name files that are there', () => {
  const documents = readdirSync(root)
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .concat(readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`));
  const missing = documents.flatMap((name) =>
    [
      ...readFileSync(join(root, name), 'utf8').matchAll(
        /[`(]((?:src|test|scripts|bench|docs|templates|bin)\/[\w./-]+)[`)]/g,
      ),
    ]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${name}: ${path}`),
  );
  expect(missing).toEqual([]);
});
