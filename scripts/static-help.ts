import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allHelpPages } from '../src/cli/grammar/help.ts';

/** Writes every help page to `folder`, so that the launcher can show one without starting the program. */
export async function writeHelpPages(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [words, page] of await allHelpPages()) {
    // The simulator writes its own page, of its own flags.
    if (words === 'simulate') continue;
    await writeFile(join(folder, `${words.replaceAll(' ', '-') || 'index'}.txt`), page);
  }
}
