import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './zedops.ts';

/** One import of a file. */
export interface Import {
  /** What is imported, as written: `zod`, `node:fs`, `../agent/main.ts`. */
  readonly from: string;
  /** The file it names below the checkout; absent for a package. */
  readonly file: string | undefined;
  /** `type` leaves nothing behind at run time; `lazy` is an `import()`. */
  readonly kind: 'value' | 'type' | 'lazy';
}

/** One file of the project's own code. */
export interface SourceFile {
  /** Its path below the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** `src/<room>/`; absent elsewhere. */
  readonly room: string | undefined;
  readonly isTest: boolean;
  readonly imports: readonly Import[];
}

/** Reads every TypeScript and JavaScript file below the folders. Formatting is biome's, so imports stand where they are looked for. */
export function readSourceFiles(folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|js)$/.test(entry.name))
      .map((entry) => readSourceFile(relative(root, join(entry.parentPath, entry.name)))),
  );
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return {
    path,
    text,
    lines: text.split('\n'),
    room: /^src\/([a-z]+)\//.exec(path)?.[1],
    // A bed is what several tests of one room lie in, a contract what several pass: no parts of the program.
    isTest: /(\.test\.tsx?|-bed\.ts|\.contract\.ts)$/.test(path) || path.startsWith('test/'),
    imports: importsOf(path, text),
  };
}

const statement = /^(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s+'([^']+)'/gm;
const bare = /^import\s+'([^']+)'/gm;
const lazy = /(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)/g;

function importsOf(path: string, text: string): Import[] {
  const make = (from: string, kind: Import['kind']): Import => ({
    from,
    kind,
    file: from.startsWith('.') ? join(dirname(path), from) : undefined,
  });
  return [
    ...[...text.matchAll(statement)].map(([, type, names = '', from = '']) =>
      make(from, type !== undefined || namesOnlyTypes(names) ? 'type' : 'value'),
    ),
    ...[...text.matchAll(bare)].map(([, from = '']) => make(from, 'value')),
    ...[...text.matchAll(lazy)].map(([, type, from = '']) => make(from, type === undefined ? 'lazy' : 'type')),
  ];
}

function namesOnlyTypes(names: string): boolean {
  const inner = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  if (inner === undefined) return false;
  const each = inner.split(',').map((name) => name.trim());
  return each.filter((name) => name !== '').every((name) => name.startsWith('type '));
}

/** The name of the package an import comes from: `@hono/node-server`, `kysely`, `node:fs`. */
export function packageOf(from: string): string {
  if (from.startsWith('node:')) return from;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The groups of files that import one another in a circle, be it types; what is loaded late is not counted. */
export function importCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const next = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ kind, file }) => (kind !== 'lazy' && file ? [file] : [])),
    ]),
  );
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  // Tarjan's strongly connected components.
  const visit = (path: string): number => {
    const known = order.get(path);
    if (known !== undefined) return stack.includes(path) ? (lowest.get(path) ?? known) : Number.POSITIVE_INFINITY;
    const number = order.size;
    order.set(path, number);
    lowest.set(path, number);
    stack.push(path);
    let low = number;
    for (const target of next.get(path) ?? []) {
      if (target === path) cycles.push([path]);
      low = Math.min(low, visit(target));
      lowest.set(path, low);
    }
    if (low === number) {
      const group = stack.splice(stack.indexOf(path));
      if (group.length > 1) cycles.push(group);
    }
    return low;
  };
  for (const path of next.keys()) visit(path);
  return cycles;
}
