const suffix = '.before-zedops';

/** The name under which the original of an adopted server is kept: one that no container has. */
export function keptName(name: string, containers: readonly { readonly name: string }[]): string {
  const taken = new Set(containers.map((container) => container.name));
  let kept = `${name}${suffix}`;
  for (let count = 2; taken.has(kept); count += 1) kept = `${name}${suffix}-${count}`;
  return kept;
}

/** Says whether a container has the name of a kept original. */
export function isKeptOriginal(name: string): boolean {
  return /\.before-zedops(?:-\d+)?$/.test(name);
}
