/**
 * Reads the ids of items out of one script of the game, as `Module.Name`. Source: `media/scripts` of both builds, where
 * `module Base { … item Axe { … } }` stands in text files that have comments as C has them.
 */
export function itemIds(script: string): readonly string[] {
  const ids: string[] = [];
  let module: string | undefined;
  for (const match of withoutComments(script).matchAll(/\b(module|item)\s+([A-Za-z_][\w-]*)\s*\{/g)) {
    const [, word, name = ''] = match;
    if (word === 'module') module = name;
    else if (module !== undefined) ids.push(`${module}.${name}`);
  }
  return ids;
}

/** Comments do not nest; one without an end goes to the end of the file. */
function withoutComments(script: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const from = script.indexOf('/*', at);
    if (from === -1) return [...parts, script.slice(at)].join(' ');
    parts.push(script.slice(at, from));
    const to = script.indexOf('*/', from + 2);
    if (to === -1) return parts.join(' ');
    at = to + 2;
  }
}
