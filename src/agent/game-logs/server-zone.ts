import { fixedZone, type LogZone, namedZone } from '../../zomboid/game-log/log-time.ts';

/**
 * The clock by which a server writes its files, which name no zone: the zone of its setting `TZ` where that agrees with
 * how far the clock was measured to be ahead of UTC, else what was measured, else that zone, else UTC.
 */
export function zoneOfServer(
  env: Readonly<Record<string, string>>,
  offsetMs: number | undefined,
  nowMs: number,
): LogZone {
  const named = env.TZ === undefined ? undefined : namedZone(env.TZ);
  if (offsetMs === undefined) return named ?? fixedZone(0);
  // Only a zone by its name knows when summer time begins.
  return named?.epochOf(nowMs + offsetMs) === nowMs ? named : fixedZone(offsetMs);
}
