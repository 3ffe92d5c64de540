import { type Clock, pause } from '../../platform/clock.ts';
import { linesOf } from '../../protocol/entities/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { hidePrintedSecrets } from '../../zomboid/console/secret-lines.ts';
import type { LogKeeper } from '../logs/follow.ts';
import { createSecretMask } from '../logs/mask.ts';

/** The run whose last lines are wanted, by its engine's clock. */
export interface EndedRun {
  /** RFC 3339. */
  readonly startedAt: string | undefined;
  readonly endedAt: string;
}

/** How much is kept of the end of one run. */
export interface LastLinesLimits {
  readonly lines: number;
  /** Bytes of JSON, so that any bytes a game prints fit into one frame. */
  readonly bytes: number;
}

/** Milliseconds for the engine to hand over what was printed last. */
const patienceMs = 10_000;
/** Lines are stamped by whoever reads them, a moment before or after the engine stamps start and end. */
const slackMs = 2_000;

/**
 * The last lines that a run printed, oldest first, as `<RFC 3339 time> <text>`, with the server's secrets hidden. Waits
 * until the engine's log is read to its end, for a short while at most.
 */
export async function readLastLines(
  server: DesiredServer,
  run: EndedRun,
  limits: LastLinesLimits,
  { logs, clock, signal }: { readonly logs: LogKeeper; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const late = new AbortController();
  await Promise.race([logs.caughtUp(server.id), pause(clock, patienceMs, AbortSignal.any([signal, late.signal]))]);
  late.abort();
  // Secrets may have changed since the log was opened.
  const mask = createSecretMask(server.secretKeys.flatMap((key) => server.env[key] ?? []));
  const from = run.startedAt === undefined ? 0 : Date.parse(run.startedAt) - slackMs;
  const to = Date.parse(run.endedAt) + slackMs;
  // Where the clock was set back while it ran, times say nothing, and the newest lines are the best there is.
  const isKnown = from <= to;
  const lines: string[] = [];
  const log = await logs.of(server);
  await log.read({ follow: false, tail: limits.lines, signal }, (item) => {
    if (item.kind !== 'lines') return undefined;
    for (const { time, text } of linesOf(item)) {
      const at = Date.parse(time);
      if (!isKnown || (at >= from && at <= to)) lines.push(`${time} ${hidePrintedSecrets(mask(text))}`);
    }
    return undefined;
  });
  return newestWithin(lines, limits);
}

/** The text of a kept line, without its time. */
export function textOfLine(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}

function newestWithin(lines: readonly string[], limits: LastLinesLimits): readonly string[] {
  let bytes = 0;
  let first = lines.length;
  while (first > 0 && lines.length - first < limits.lines) {
    bytes += Buffer.byteLength(JSON.stringify(lines[first - 1])) + 1;
    if (bytes > limits.bytes) break;
    first -= 1;
  }
  return lines.slice(first);
}
