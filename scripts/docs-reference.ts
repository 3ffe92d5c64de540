/** Writes `docs/reference/` from the source; with `--check` it only says whether that is up to date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commandsPage } from './reference/commands-page.ts';
import { operationsPage } from './reference/operations-page.ts';

const folder = join(dirname(import.meta.dirname), 'docs/reference');
const pages: Readonly<Record<string, string>> = {
  'operations.md': operationsPage(),
  'commands.md': await commandsPage(),
};

if (process.argv.includes('--check')) {
  for (const [name, text] of Object.entries(pages)) {
    const written = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (written === text) continue;
    console.error(`docs/reference/${name} is not up to date: run npm run reference`);
    process.exitCode = 1;
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) await writeFile(join(folder, name), text);
}
