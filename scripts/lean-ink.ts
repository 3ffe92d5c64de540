import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const root = dirname(import.meta.dirname);

/** The packages that draw the screens. */
const drawing = /[\\/](?:ink|widest-line|slice-ansi|cli-truncate|ink[\\/]node_modules[\\/]wrap-ansi)[\\/][^.]*\.js$/;

/** How wide a text is, as all the screens measure it, colours left out. */
const ownWidth = [
  `import { stripVTControlCharacters } from 'node:util';`,
  `import { cellWidth } from './src/tui/terminal/cell-width.ts';`,
  `export default (text) => cellWidth(text.includes('\\u001b') ? stripVTControlCharacters(text) : text);`,
].join('\n');

/** Takes out of Ink what makes the screens open later, and what is not here anyway. Each step was found by profiling. */
export const leanInk: Plugin = {
  name: 'lean-ink',
  setup(bundle) {
    // Ink can speak to a browser's developer tools, by a package that is not here.
    bundle.onResolve({ filter: /^\.\/devtools\.js$/ }, ({ path, importer }) =>
      /[\\/]ink[\\/]build[\\/]/.test(importer) ? { path, namespace: 'developer-tools' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'developer-tools' }, () => ({ contents: '' }));
    // Its way to measure knows every emoji by name, and takes tens of milliseconds to learn them.
    bundle.onResolve({ filter: /^string-width$/ }, ({ path, importer }) =>
      drawing.test(importer) ? { path, namespace: 'own-width' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'own-width' }, () => ({ contents: ownWidth, resolveDir: root }));
    // Yoga would have its own bytes, which lie in a string beside it, fetched: that loads all of Node's fetch.
    bundle.onLoad({ filter: /[\\/]yoga-wasm-base64-esm\.js$/ }, async ({ path }) => ({
      contents: `var fetch;${await readFile(path, 'utf8')}`,
    }));
  },
};
