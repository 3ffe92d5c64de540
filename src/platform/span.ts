const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads a length of time such as `90s`, `12h`, `30d` or `1h30m` as milliseconds; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const word = text.trim();
  if (!/^(\d{1,9}[smhdw])+$/.test(word)) return undefined;
  let ms = 0;
  for (const [, count, unit] of word.matchAll(/(\d+)([smhdw])/g)) ms += Number(count) * (units[unit ?? ''] ?? 0);
  return ms;
}
