/** Bytes of a published line, with the engine's time and the mark of its output in front as an agent sends it. */
const lineBytes = 200;

const head = '2026-01-01T00:00:00.000000000Z o ';
const filler = 'x'.repeat(lineBytes);

/** A line that carries the time it was published at. */
export function makeLine(publishedAt: number): string {
  return `${head}${publishedAt} ${filler}`.slice(0, lineBytes);
}

/** The time in a line of {@link makeLine}, which begins at `start` of a text. */
export function publishedAt(text: string, start = 0): number {
  const from = start + head.length;
  return Number(text.slice(from, text.indexOf(' ', from)));
}
