/**
 * A command line in rows of at most `width` cells that a shell joins again when they are copied: each but the last ends
 * with a backslash. The line is plain ASCII, as names and codes of ZedOps are.
 */
export function shellRows(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  const rows: string[] = [];
  let rest = line;
  while (rest.length > width) {
    rows.push(`${rest.slice(0, width - 1)}\\`);
    rest = rest.slice(width - 1);
  }
  return [...rows, rest];
}
