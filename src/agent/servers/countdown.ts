import type { StopWish } from '../../protocol/entities/stop-wish.ts';

/** When a stop begins at the latest, and when players are told before. */
export interface Countdown {
  /** Milliseconds since 1970; absent: not before nobody is online. */
  readonly endsAt: number | undefined;
  /** Seconds before `endsAt`, the longest first. */
  readonly warnings: readonly number[];
}

/** What players hear before a longest wait is over, where no other warnings are asked for. */
const lastWarningSeconds = 60;

/**
 * Works out the countdown of a stop that was first asked for at `begunAt`. One that is gone on with after the agent was
 * away keeps its end, but never ends before players could hear the shortest warning from `now` on.
 */
export function planCountdown(wish: StopWish, begunAt: number, now: number): Countdown {
  const { whenEmpty, maxWaitSeconds } = wish;
  const asked = [...new Set(wish.warnSeconds)].sort((a, b) => b - a);
  if (whenEmpty && maxWaitSeconds === undefined) return { endsAt: undefined, warnings: [] };
  const lasts = whenEmpty ? (maxWaitSeconds ?? 0) : (asked[0] ?? 0);
  const all = whenEmpty && asked.length === 0 ? [Math.min(lastWarningSeconds, lasts)] : asked;
  const warnings = all.filter((seconds) => seconds <= lasts);
  const shortest = warnings.at(-1) ?? 0;
  const endsAt = Math.max(begunAt + lasts * 1000, now + shortest * 1000);
  // A clock that was set back meanwhile makes nobody wait longer than the whole.
  return { endsAt: Math.min(endsAt, now + lasts * 1000), warnings };
}

/** What players are told, such as `Restart in 5 minutes: new mods`. ASCII, because older builds show nothing else well. */
export function warningText(kind: 'stop' | 'restart', seconds: number, reason: string | undefined): string {
  const when = seconds <= 0 ? 'now' : `in ${spelled(seconds)}`;
  return `${nameOf(kind)} ${when}${reason === undefined ? '' : `: ${reason}`}`;
}

/** What players are told when it does not happen. */
export function cancelledText(kind: 'stop' | 'restart'): string {
  return `${nameOf(kind)} cancelled`;
}

function nameOf(kind: 'stop' | 'restart'): string {
  return kind === 'restart' ? 'Restart' : 'Shutdown';
}

/** A length of time in words: `90 seconds`, `5 minutes`, `1 hour 30 minutes`. */
export function spelled(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 120 && whole % 60 !== 0) return counted(whole, 'second');
  const parts = [
    counted(Math.floor(whole / 3600), 'hour'),
    counted(Math.floor((whole % 3600) / 60), 'minute'),
    counted(whole % 60, 'second'),
  ];
  return parts.filter((part) => !part.startsWith('0 ')).join(' ') || '0 seconds';
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
