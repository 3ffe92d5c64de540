import type { Daemon } from './zedops.ts';

/** What a follower of a log has been given so far. */
export interface SeenLog {
  /** Texts of the lines in the order they came. */
  readonly lines: readonly string[];
  readonly seqs: readonly number[];
  /** Gap markers in between. */
  readonly gaps: readonly { readonly count?: number; readonly reason?: string }[];
}

/** Reads what `zedops logs --json` printed: one JSON object a line, a line of the log or a gap. */
export function seenLog(daemon: Daemon): SeenLog {
  const lines: string[] = [];
  const seqs: number[] = [];
  const gaps: { count?: number; reason?: string }[] = [];
  const text = daemon.output();
  for (const row of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (row === '') continue;
    const item: unknown = JSON.parse(row);
    if (typeof item !== 'object' || item === null) continue;
    if ('text' in item && typeof item.text === 'string') {
      lines.push(item.text);
      if ('seq' in item && typeof item.seq === 'number') seqs.push(item.seq);
    } else if ('gap' in item || ('kind' in item && item.kind === 'gap')) {
      const count = 'count' in item && typeof item.count === 'number' ? item.count : undefined;
      gaps.push({ ...(count === undefined ? {} : { count }) });
    }
  }
  return { lines, seqs, gaps };
}

/** Says whether numbers follow one another without a repetition or a hole. */
export function isUnbroken(seqs: readonly number[]): boolean {
  return seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1);
}
