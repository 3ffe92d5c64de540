import { parseSpan } from '../platform/span.ts';
import { shellWord } from '../platform/terminal/shell-words.ts';
import type { StopWish } from '../protocol/entities/stop-wish.ts';
import { ZedopsError } from '../protocol/errors.ts';

/** How players are to be treated by a stop or restart, as a person writes it. */
export interface StopOptions {
  /** Times before it at which players are told: `15m,5m,1m,10s`. */
  readonly warn?: string | undefined;
  readonly whenEmpty: boolean;
  /** A length of time such as `3h`; only together with `whenEmpty`. */
  readonly maxWait?: string | undefined;
  readonly reason?: string | undefined;
}

/** The countdown that is offered where none was named. */
export const usualWarnings = '15m,5m,1m,10s';

const mostWarnings = 20;

/** Reads what a person wrote. @throws ZedopsError INVALID_INPUT, which names the option of the command line. */
export function readStopOptions({ warn, whenEmpty, maxWait, reason }: StopOptions): StopWish {
  const warnSeconds = warn?.split(',').map((span) => readSeconds(span, '--warn', '1d', usualWarnings));
  if (warnSeconds !== undefined && warnSeconds.length > mostWarnings) {
    throw new ZedopsError('INVALID_INPUT', `--warn: ${mostWarnings} warnings are the most`);
  }
  if (maxWait !== undefined && !whenEmpty) {
    throw new ZedopsError('INVALID_INPUT', '--max-wait says how long --when-empty waits', { hint: 'add --when-empty' });
  }
  const maxWaitSeconds = maxWait === undefined ? undefined : readSeconds(maxWait, '--max-wait', '7d', '3h');
  const late = warnSeconds?.findIndex((seconds) => maxWaitSeconds !== undefined && seconds > maxWaitSeconds) ?? -1;
  if (late !== -1) {
    const span = warn?.split(',')[late]?.trim();
    throw new ZedopsError('INVALID_INPUT', `--warn: a warning ${span} before does not fit into --max-wait ${maxWait}`);
  }
  return {
    ...(warnSeconds === undefined ? {} : { warnSeconds }),
    ...(whenEmpty ? { whenEmpty } : {}),
    ...(maxWaitSeconds === undefined ? {} : { maxWaitSeconds }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The same as it follows `zedops stop alpha`, with a blank before it; empty where nothing is asked for. */
export function stopOptionWords({ warn, whenEmpty, maxWait, reason }: StopOptions): string {
  return [
    warn === undefined ? '' : ` --warn ${shellWord(warn)}`,
    whenEmpty ? ' --when-empty' : '',
    maxWait === undefined ? '' : ` --max-wait ${shellWord(maxWait)}`,
    reason === undefined ? '' : ` --reason ${shellWord(reason)}`,
  ].join('');
}

/** Seconds from 1 to `most`, which is written as a person writes it. */
function readSeconds(text: string, flag: string, most: string, example: string): number {
  const ms = parseSpan(text);
  if (ms === undefined) {
    throw new ZedopsError('INVALID_INPUT', `${flag}: "${text}" is not a length of time`, { hint: `write ${example}` });
  }
  if (ms >= 1_000 && ms <= (parseSpan(most) ?? 0)) return ms / 1_000;
  throw new ZedopsError('INVALID_INPUT', `${flag}: "${text}" is not between 1s and ${most}`);
}
