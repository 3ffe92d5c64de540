import type { Writable } from 'node:stream';
import type { FollowedGap, FollowedItem, LogSink } from '../client/follow-log.ts';
import { stripControls } from '../platform/terminal-text.ts';
import { type LogLine, linesOf } from '../protocol/entities/log.ts';
import { type ConsoleLevel, parseConsoleLine } from '../zomboid/console-line.ts';
import { flushed } from './io.ts';
import { jsonText } from './talk.ts';

/** Levels a person may ask for, quietest first; a line passes when it is at least that loud. */
export const logLevels = ['trace', 'debug', 'log', 'warn', 'error'] as const;
export type LogViewLevel = (typeof logLevels)[number];

/** Which lines are shown, and how. */
export interface LogViewOptions {
  readonly stdout: Writable;
  readonly json: boolean;
  readonly timestamps: boolean;
  readonly level?: LogViewLevel | undefined;
  readonly grep?: RegExp | undefined;
  /** ISO time; later lines are left out. */
  readonly until?: string | undefined;
  /** Told when a line later than `until` has come: no earlier one follows. */
  readonly onPastUntil: () => void;
  /** Where gaps (unless `json`) and news of the feed are told. */
  readonly tell: (text: string) => void;
}

const loudness: Readonly<Record<ConsoleLevel, number>> = { TRACE: 0, NOISE: 0, DEBUG: 1, LOG: 2, WARN: 3, ERROR: 4 };

/**
 * Makes the view of a log: one write for each batch. As text a line is what the game wrote; as JSON Lines it is
 * `{"seq","time","output","text"}`, and a gap `{"kind":"gap","through","count","reason"}`.
 */
export function createLogView(options: LogViewOptions): LogSink {
  const { stdout, json, tell } = options;
  const write = json ? writeJson : options.timestamps ? writeTimed : writePlain;
  const passes = createFilter(options);
  return {
    backlog: () => stdout.writableLength,
    drained: () => flushed(stdout),
    take(item) {
      if (item.kind === 'lines') {
        let text = '';
        for (const line of linesOf(item)) if (passes(line)) text += write(line);
        if (text !== '') stdout.write(text);
      } else if (item.kind === 'gap') {
        if (json) stdout.write(`${jsonText(gapRow(item))}\n`);
        else tell(`── ${item.count === undefined ? 'some' : item.count} lines lost (${reasons[item.reason]}) ──`);
      } else tell(newsOf(item));
    },
  };
}

function createFilter({ level, grep, until, onPastUntil }: LogViewOptions): (line: LogLine) => boolean {
  if (level === undefined && grep === undefined && until === undefined) return () => true;
  const least = level === undefined ? 0 : logLevels.indexOf(level);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  let lastLoudness: number = loudness.LOG;
  return (line) => {
    if (until !== undefined && Date.parse(line.time) > untilMs) {
      onPastUntil();
      return false;
    }
    if (level !== undefined) {
      // A stack trace is as loud as the line it belongs to; a line of another program as loud as a LOG.
      const parsed = parseConsoleLine(line.text);
      if (parsed.kind === 'entry') lastLoudness = loudness[parsed.level];
      else if (parsed.kind === 'plain') lastLoudness = loudness.LOG;
      if (lastLoudness < least) return false;
    }
    return grep === undefined || grep.test(line.text);
  };
}

function writePlain({ text }: LogLine): string {
  return `${stripControls(text)}\n`;
}

function writeTimed({ time, text }: LogLine): string {
  return `${stripControls(time)} ${stripControls(text)}\n`;
}

function writeJson({ seq, time, output, text }: LogLine): string {
  return `${jsonText({ seq, time, output, text })}\n`;
}

function gapRow({ kind, through, count, reason }: FollowedGap): object {
  return { kind, through, ...(count === undefined ? {} : { count }), reason };
}

const reasons: Readonly<Record<FollowedGap['reason'], string>> = {
  'slow-reader': 'they came faster than they were read',
  rotated: 'the engine has thrown them away',
  'restarted-numbering': 'the host has lost count of them',
  unexplained: 'nobody says why',
};

function newsOf(item: Exclude<FollowedItem, { kind: 'lines' | 'gap' }>): string {
  if (item.kind === 'connection') {
    return item.state === 'back'
      ? 'the connection is back'
      : `${item.why ?? 'the connection is lost'}; trying to come back`;
  }
  return news[item.notice];
}

const news = {
  live: '',
  'host-offline': 'the host is offline; its log goes on when it comes back',
  'host-back': 'the host is back',
  'not-running': 'the server is not running; its log goes on when it starts',
} as const;
