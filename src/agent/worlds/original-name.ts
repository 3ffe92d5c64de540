/** The name under which a move leaves a server's folder behind: no server's name has a dot in it. */
export function originalName(folder: string, stamp: string): string {
  return `${folder}.moved-${stamp}`;
}

/** Says whether a folder's own name is one that {@link originalName} gives. */
export function isOriginalName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,30}[a-z0-9]\.moved-\d{8}T\d{6}Z(-\d{1,4})?$/.test(name);
}
