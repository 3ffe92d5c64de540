import { readScripts, scriptBudget } from './read-scripts.ts';

/**
 * The ids of the items in `media/scripts` of a folder into which the game was installed, at most `most`, sorted.
 * Undefined where there is no such folder. No link is followed; what is too large or too deep is left out.
 */
export async function readItems(install: string, most: number): Promise<readonly string[] | undefined> {
  const ids = new Set<string>();
  const isThere = await readScripts(install, scriptBudget(), (id) => {
    if (ids.size < most) ids.add(id);
  });
  return isThere ? [...ids].sort() : undefined;
}
