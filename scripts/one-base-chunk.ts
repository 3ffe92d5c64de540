import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** What every command of the command line loads before it does anything of its own. */
const base = ['src/cli/program.ts', 'src/cli/from-operation.ts', 'src/cli/format.ts', 'src/cli/paint.ts'];

/**
 * Keeps what every command loads in one chunk. Left alone, the bundler makes a chunk for each set of lazy parts that
 * share something, and `zedops server list` would load thirty files at half a millisecond each. Here every lazy part
 * says that it needs the base too (by then it is always loaded), so that there is one such set.
 */
export async function oneBaseChunk(root: string, options: BuildOptions): Promise<Plugin> {
  const { metafile } = await build({ ...options, write: false, metafile: true, logLevel: 'silent' });
  const lazy = Object.values(metafile?.outputs ?? {}).flatMap(({ entryPoint }) => entryPoint ?? []);
  const parts = new Set(lazy.filter((path) => path.startsWith('src/')).map((path) => join(root, path)));
  const imports = base.map((path) => `import ${JSON.stringify(join(root, path))};`).join('');
  return {
    name: 'one-base-chunk',
    setup(bundle) {
      bundle.onLoad({ filter: /[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => {
        if (!parts.has(path) || path.endsWith('supervisor.ts')) return undefined;
        return { contents: imports + (await readFile(path, 'utf8')), loader: path.endsWith('x') ? 'tsx' : 'ts' };
      });
    },
  };
}
