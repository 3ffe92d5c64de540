import { ZedopsError } from '../protocol/errors.ts';

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads a point in time: how long ago (`90s`, `10m`, `2h`, `3d`, `1w`, and sums such as `1h30m`) or an ISO date or time.
 * @returns an ISO time in UTC. @throws ZedopsError INVALID_INPUT
 */
export function readPointInTime(text: string, flag: string, now: number): string {
  const word = text.trim();
  if (/^(\d{1,9}[smhdw])+$/.test(word)) {
    let ago = 0;
    for (const [, count, unit] of word.matchAll(/(\d+)([smhdw])/g)) ago += Number(count) * (units[unit ?? ''] ?? 0);
    if (ago <= now) return new Date(now - ago).toISOString();
  }
  if (/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(word)) {
    const time = Date.parse(word);
    if (!Number.isNaN(time)) return new Date(time).toISOString();
  }
  throw new ZedopsError('INVALID_INPUT', `${flag}: "${text}" is not a point in time`, {
    hint: 'write how long ago (10m, 2h, 3d) or a time (2026-11-21T18:00:00Z)',
  });
}

/** Reads a length of time such as `90d` as seconds. @throws ZedopsError INVALID_INPUT */
export function readSpan(text: string, flag: string): number {
  if (!/^(\d{1,9}[smhdw])+$/.test(text.trim())) {
    throw new ZedopsError('INVALID_INPUT', `${flag}: "${text}" is not a length of time`, { hint: 'write 12h or 90d' });
  }
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) ms += Number(count) * (units[unit ?? ''] ?? 0);
  return ms / 1_000;
}
