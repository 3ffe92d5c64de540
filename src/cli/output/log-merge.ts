import type { Writable } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { flushed } from '../io.ts';
import type { LogOutput } from './log-output.ts';

/** Puts the lines of several logs into one order of time. */
export interface LogMerge {
  /** The output of one more log. Its past is waited for until it is settled or over. */
  source(): LogOutput & {
    /** Says that nothing more comes. */
    over(): void;
  };
}

/** What {@link createLogMerge} is made of. */
export interface LogMergeOptions {
  readonly stdout: Writable;
  readonly clock: Clock;
  /** Milliseconds for which a new line waits for older ones of other servers. */
  readonly windowMs?: number;
}

interface Held {
  readonly time: string;
  readonly text: string;
  readonly arrivedAt: number;
}

interface Source {
  /** Lines from `next` on are held. */
  lines: Held[];
  next: number;
  size: number;
  state: 'past' | 'live' | 'over';
  readonly waiting: Set<() => void>;
}

/**
 * Makes the merge. The past is in exact order: a line waits until every other log has a later one. What is new waits a
 * moment only, because a quiet server says nothing for hours.
 */
export function createLogMerge({ stdout, clock, windowMs = 250 }: LogMergeOptions): LogMerge {
  const sources = new Set<Source>();
  let takeBack: () => void = () => undefined;

  const headOf = ({ lines, next }: Source): Held | undefined => lines[next];

  const earliest = (): Source | undefined => {
    let first: Source | undefined;
    for (const source of sources) {
      const head = headOf(source);
      const best = first && headOf(first);
      if (head && (!best || head.time < best.time)) first = source;
    }
    return first;
  };

  /** Milliseconds until a line may go; 0 at once, Infinity while another log’s past is awaited. */
  const waitOf = ({ arrivedAt }: Held): number => {
    let wait = 0;
    for (const source of sources) {
      if (source.state === 'over' || headOf(source)) continue;
      if (source.state === 'past') return Number.POSITIVE_INFINITY;
      wait = Math.max(wait, arrivedAt + windowMs - clock.now());
    }
    return wait;
  };

  const pump = (): void => {
    takeBack();
    takeBack = () => undefined;
    let text = '';
    for (let source = earliest(); source; source = earliest()) {
      const head = headOf(source);
      if (!head) break;
      const wait = waitOf(head);
      if (wait > 0) {
        if (Number.isFinite(wait)) takeBack = clock.after(wait, pump);
        break;
      }
      text += head.text;
      source.next += 1;
      source.size -= head.text.length;
    }
    if (text !== '') stdout.write(text);
    for (const source of sources) {
      if (source.next > 0) {
        source.lines = source.lines.slice(source.next);
        source.next = 0;
      }
      if (source.lines.length > 0) continue;
      for (const resolve of source.waiting) resolve();
      source.waiting.clear();
    }
  };

  return {
    source() {
      const source: Source = { lines: [], next: 0, size: 0, state: 'past', waiting: new Set() };
      sources.add(source);
      return {
        put(time, text) {
          source.lines.push({ time, text, arrivedAt: clock.now() });
          source.size += text.length;
        },
        end: pump,
        settle() {
          if (source.state === 'past') source.state = 'live';
          pump();
        },
        over() {
          source.state = 'over';
          pump();
        },
        backlog: () => source.size + stdout.writableLength,
        async drained() {
          if (source.lines.length > 0) await new Promise<void>((resolve) => source.waiting.add(resolve));
          await flushed(stdout);
        },
      };
    },
  };
}
