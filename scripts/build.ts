/** Bundles the published program into `dist/`: for commands, for the screens, and what both start. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { chunkLayers, type Layer } from './chunk-layers.ts';
import { leanInk } from './lean-ink.ts';
import { writeHelpPages } from './static-help.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

const root = dirname(import.meta.dirname);
const requireHere = createRequire(import.meta.url);

/**
 * dockerode can also reach engines over SSH and build images through BuildKit. ZedOps does neither (an agent talks to
 * the engine of its own host), so those parts, and the native addons they bring, stay out of the bundle. So do the
 * worker threads through which pino can write: ZedOps writes its log itself.
 */
const withoutUnusedParts: Plugin = {
  name: 'without-unused-parts',
  setup(bundle) {
    bundle.onResolve(
      { filter: /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|tar-fs|thread-stream)$/ },
      ({ path }) => ({
        path,
        namespace: 'unused-part',
      }),
    );
    bundle.onLoad({ filter: /.*/, namespace: 'unused-part' }, ({ path }) => ({
      // What is taken from it while it loads is only put aside; what is called fails.
      contents: `module.exports = new Proxy({}, { get: (_, name) => function () { throw new Error(${JSON.stringify(path)} + '.' + String(name) + ' is not part of ZedOps'); } });`,
      loader: 'js',
    }));
  },
};

/** zod's messages come in some fifty languages, and it hands them all out by name: ZedOps speaks one. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, '../locales/en.js'),
    }));
  },
};

/**
 * Who imports a module of Node makes Node touch each name it hands out, and so load what stands behind each: with
 * `node:crypto` the whole of WebCrypto, with `node:http` fetch, which is ten megabytes. Who asks for the module does not.
 * Found with Node 24.
 */
const builtInsUntouched: Plugin = {
  name: 'built-ins-untouched',
  setup(bundle) {
    const isBuiltIn = new Set(builtinModules);
    bundle.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind, importer }) => {
      const name = path.replace(/^node:/, '');
      if (kind === 'dynamic-import' || !(path.startsWith('node:') || isBuiltIn.has(name))) return undefined;
      if (kind !== 'import-statement') return { path: name, namespace: 'built-in-whole' };
      // Each who imports it has its own, or there would be a file for each, to be loaded on its own.
      return { path: name, namespace: 'built-in', suffix: `?${importer}` };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path }) => ({ contents: askedFor(path), loader: 'js' }));
    bundle.onLoad({ filter: /.*/, namespace: 'built-in-whole' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
      loader: 'js',
    }));
  },
};

/** A module of Node as one that touches nothing but the names someone imports: what is pure is left out unless used. */
function askedFor(name: string): string {
  const names = Object.keys(requireHere(`node:${name}`)).filter(
    (key) => /^[a-z_$][\w$]*$/i.test(key) && key !== 'default',
  );
  return [
    `const whole = process.getBuiltinModule(${JSON.stringify(`node:${name}`)});`,
    'export default whole;',
    ...names.map(
      (key, index) => `const n${index} = /* @__PURE__ */ (() => whole.${key})();\nexport { n${index} as ${key} };`,
    ),
  ].join('\n');
}

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

await rm(join(root, 'dist'), { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  outExtension: { '.js': '.js' },
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  sourcemap: false,
  legalComments: 'none',
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"', ZEDOPS_VERSION: JSON.stringify(version) },
  // Its main file is CommonJS, whose names are not there when it is loaded lazily from a bundle.
  alias: { '@peculiar/x509': '@peculiar/x509/build/x509.es.js' },
  jsx: 'automatic',
  plugins: [withoutUnusedParts, leanInk, oneLanguage, builtInsUntouched],
  logLevel: 'warning',
} satisfies BuildOptions;
/** What every command of the command line loads before it does anything of its own. */
const base: Layer = [
  'src/cli/program.ts',
  'src/cli/grammar/from-operation.ts',
  'src/cli/output/format.ts',
  'src/cli/output/paint.ts',
];

/** Bundles some programs, and resolves with the files that went into them. */
async function bundle(
  entryPoints: Readonly<Record<string, string>>,
  chunkNames: string,
  layers: readonly Layer[],
): Promise<readonly string[]> {
  const options = { ...common, entryPoints, chunkNames };
  const plugins = [...common.plugins, await chunkLayers(root, options, layers)];
  const { metafile } = await build({ ...options, plugins });
  return Object.keys(metafile.inputs);
}

const inputs = await bundle(
  {
    'cli/main': 'src/cli/main.ts',
    'simulator/main': 'src/simulator/main.ts',
    'agent/supervisor': 'src/agent/runtime/supervisor.ts',
    'agent/sieve': 'src/agent/logs/search/sieve.ts',
  },
  'chunks/[name]-[hash]',
  [base, ['src/cli/commands/server-list.ts']],
);
// The same program once more for who opens the screens: what they begin with lies in two files instead of fifty, which
// is a tenth of the time until the fleet is seen. A command could not share them without loading the screens.
await bundle({ 'screens/main': 'src/cli/main.ts' }, 'screens/[name]-[hash]', [
  [...base, 'src/cli/commands/tui.ts', 'src/client/connect/session.ts'],
  ['src/tui/main.tsx'],
]);
await writeFile(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), await thirdPartyNotices(root, inputs));
await writeHelpPages(join(root, 'dist/help'));
