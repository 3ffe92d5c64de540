import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/** Files that are loaded together, by their paths from the root. */
export type Layer = readonly string[];

/**
 * Keeps each layer, with all it needs, in one chunk. Left alone, the bundler makes a chunk for each set of lazy parts
 * that share something, and `zedops server list` would load thirty files at half a millisecond each. Here whatever is
 * loaded after a layer says that it needs that too (by then it is always loaded), so that there is one such set. The
 * first layer comes with the program itself.
 */
export async function chunkLayers(
  root: string,
  options: BuildOptions & { readonly entryPoints: Readonly<Record<string, string>> },
  layers: readonly Layer[],
): Promise<Plugin> {
  const { metafile } = await build({ ...options, write: false, metafile: true, logLevel: 'silent' });
  const entries = Object.values(metafile?.outputs ?? {}).flatMap(({ entryPoint }) => entryPoint ?? []);
  const parts = new Set(entries.filter((path) => path.startsWith('src/')));
  const programs = new Set(Object.values(options.entryPoints));
  const loadedWith = layers.map((layer) => closureOf(layer, metafile?.inputs ?? {}));
  const before = (path: string): readonly Layer[] => {
    const own = loadedWith.findIndex((files) => files.has(path));
    return own === -1 ? layers : layers.slice(0, Math.max(own, 1));
  };
  return {
    name: 'chunk-layers',
    setup(bundle) {
      bundle.onLoad({ filter: /[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => {
        const name = path.slice(root.length + 1);
        if (!parts.has(name) || name.endsWith('supervisor.ts')) return undefined;
        const needed = programs.has(name) ? layers.slice(0, 1) : before(name);
        const imports = needed.flat().map((file) => `import ${JSON.stringify(join(root, file))};`);
        return {
          contents: imports.join('') + (await readFile(path, 'utf8')),
          loader: path.endsWith('x') ? 'tsx' : 'ts',
        };
      });
    },
  };
}

/** All that is loaded with a layer. */
function closureOf(layer: Layer, inputs: Metafile['inputs']): ReadonlySet<string> {
  const found = new Set<string>(layer);
  for (const path of found) {
    for (const { path: needed, kind } of inputs[path]?.imports ?? []) if (kind !== 'dynamic-import') found.add(needed);
  }
  return found;
}
