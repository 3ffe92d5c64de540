import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const root = dirname(import.meta.dirname);

/** The packages that draw the screens. */
const drawing = /[\\/](?:ink|widest-line|slice-ansi|cli-truncate|ink[\\/]node_modules[\\/]wrap-ansi)[\\/][^.]*\.js$/;

/** How wide a text is, as all the screens measure it, colours left out. */
const ownWidth = [
  `import { stripVTControlCharacters } from 'node:util';`,
  `import { cellWidth } from './src/platform/terminal/cell-width.ts';`,
  `export default (text) => cellWidth(text.includes('\\u001b') ? stripVTControlCharacters(text) : text);`,
].join('\n');

/**
 * Ink takes each frame apart into cells and puts them together again, which is most of what a frame costs. The screens
 * write whole rows, one under the other, that were painted and cut to their width before: those are the frame as they
 * are. A frame with anything else in it is put together as Ink does.
 */
const ownOutput = [
  `export default class Output extends OutputOfCells {`,
  `  get() {`,
  `    const rows = this.wholeRows();`,
  `    return rows === undefined ? super.get() : { output: rows.join('\\n'), height: rows.length };`,
  `  }`,
  `  wholeRows() {`,
  `    const rows = Array.from({ length: this.height }, () => undefined);`,
  `    const clips = [];`,
  `    for (const operation of this.operations) {`,
  `      if (operation.type === 'clip') { clips.push(intersectClips(clips.at(-1), operation.clip)); continue; }`,
  `      if (operation.type === 'unclip') { clips.pop(); continue; }`,
  `      const clip = clips.at(-1) ?? {};`,
  `      if (operation.x !== 0 || (clip.x1 ?? 0) > 0 || (clip.x2 ?? this.width) < this.width) return undefined;`,
  `      for (const [index, line] of operation.text.split('\\n').entries()) {`,
  `        const y = operation.y + index;`,
  `        if (y < 0 || y >= this.height || y < (clip.y1 ?? 0) || y >= (clip.y2 ?? this.height)) continue;`,
  `        if (rows[y] !== undefined) return undefined;`,
  `        rows[y] = operation.transformers.reduce((text, transform) => transform(text, index), line).trimEnd();`,
  `      }`,
  `    }`,
  `    return rows.map((row) => row ?? '');`,
  `  }`,
  `}`,
].join('\n');

/** A text with no other controls than colours, and nothing that leans on the letter before it, is clean as it is. */
const cleanAtOnce = [
  `const unclean = /(?!\\u001b\\[[\\d;]*m|[\\t\\n])\\p{Control}|\\p{Mark}/u;`,
  `export default (text) => (unclean.test(text) ? sanitizeAnsi(text) : text);`,
].join('\n');

/** Files that make what finds the letters of a text as soon as they are loaded, which takes each some milliseconds. */
const eager =
  /[\\/](?:wrap-ansi[\\/]index|slice-ansi[\\/]tokenize-ansi|ansi-tokenize[\\/]build[\\/]tokenize|ink[\\/]build[\\/]line-update)\.js$/;

/** The same, made where the first text needs it: in most sessions none does. */
function lateSegmenter(options: string): string {
  return `= { made: undefined, segment(text) { return (this.made ??= new Intl.Segmenter(${options})).segment(text); } };`;
}

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
    // What finds the letters of a text is made where the first text needs it: in most sessions none does.
    bundle.onLoad({ filter: eager }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const [made = 'new Intl.Segmenter', options = ''] = /= new Intl\.Segmenter\((.*)\);/.exec(source) ?? [];
      return { contents: replaced(source, made, lateSegmenter(options)) };
    });
    // Yoga would have its own bytes, which lie in a string beside it, fetched: that loads all of Node's fetch.
    bundle.onLoad({ filter: /[\\/]yoga-wasm-base64-esm\.js$/ }, async ({ path }) => ({
      contents: `var fetch;${await readFile(path, 'utf8')}`,
    }));
    bundle.onLoad({ filter: /[\\/]ink[\\/]build[\\/]output\.js$/ }, async ({ path }) => ({
      contents: `${replaced(await readFile(path, 'utf8'), 'export default class Output', 'class OutputOfCells')}\n${ownOutput}`,
    }));
    bundle.onLoad({ filter: /[\\/]ink[\\/]build[\\/]sanitize-ansi\.js$/ }, async ({ path }) => ({
      contents: `${replaced(await readFile(path, 'utf8'), 'export default sanitizeAnsi;', cleanAtOnce)}`,
    }));
  },
};

/** Another Ink may be written otherwise: a build that does less than it says must fail. */
function replaced(source: string, from: string, to: string): string {
  if (source.split(from).length !== 2) throw new Error(`Ink has not just one "${from}" any more`);
  return source.replace(from, () => to);
}
