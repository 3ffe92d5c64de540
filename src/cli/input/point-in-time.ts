import { parseSpan } from '../../platform/span.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/**
 * Reads a point in time: how long ago (`90s`, `10m`, `2h`, `3d`, `1w`, and sums such as `1h30m`) or an ISO date or time.
 * @returns an ISO time in UTC. @throws ZedopsError INVALID_INPUT
 */
export function readPointInTime(text: string, flag: string, now: number): string {
  const word = text.trim();
  const ago = parseSpan(word);
  if (ago !== undefined && ago <= now) return new Date(now - ago).toISOString();
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
  const ms = parseSpan(text);
  if (ms !== undefined) return ms / 1_000;
  throw new ZedopsError('INVALID_INPUT', `${flag}: "${text}" is not a length of time`, { hint: 'write 12h or 90d' });
}
