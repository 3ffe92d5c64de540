import type { FollowedGap, FollowedItem, LogSink } from '../../client/follow/follow-log.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { type LogLine, linesOf } from '../../protocol/entities/log.ts';
import { createLogFilter, type LogFilterOptions } from '../../zomboid/console/log-filter.ts';
import type { LogRecord } from '../../zomboid/console/log-reader.ts';
import type { LogOutput } from './log-output.ts';
import { logRow } from './log-row.ts';
import { jsonText } from './talk.ts';

/** Which lines of one server are shown, and how. */
export interface LogViewOptions {
  readonly server: string;
  /** What stands before each line and each remark, where several servers are shown. */
  readonly label?: string | undefined;
  readonly output: LogOutput;
  readonly json: boolean;
  readonly timestamps: boolean;
  readonly filter: LogFilterOptions;
  /** ISO time; later lines are left out. */
  readonly until?: string | undefined;
  /** Told when a line later than `until` has come: no earlier one follows. */
  readonly onPastUntil: () => void;
  /** Where gaps (unless `json`) and news of the feed are told. */
  readonly tell: (text: string) => void;
}

/**
 * Makes the view of a log. As text a line is what the game wrote; as JSON Lines it is {@link logRow}, and a gap
 * `{"kind":"gap","server","through","count","reason"}`.
 */
export function createLogView(options: LogViewOptions): LogSink {
  const { server, label, output, json, timestamps, until, onPastUntil } = options;
  const passes = createLogFilter(options.filter);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  const before = label === undefined ? '' : `${label} | `;
  let lastTime = '';

  const write = (line: LogLine, record: LogRecord): string => {
    if (json) return `${jsonText(logRow(server, line, record))}\n`;
    const time = timestamps ? `${stripControls(line.time)} ` : '';
    return `${before}${time}${stripControls(line.text)}\n`;
  };
  const tell = (text: string): void => {
    if (text !== '') options.tell(label === undefined ? text : `${stripControls(server)}: ${text}`);
  };
  const takeLine = (line: LogLine): void => {
    if (until !== undefined && Date.parse(line.time) > untilMs) {
      onPastUntil();
      return;
    }
    lastTime = line.time;
    const record = passes(line.text, line.seq);
    if (record) output.put(line.time, write(line, record));
  };

  return {
    backlog: output.backlog,
    drained: output.drained,
    take(item) {
      if (item.kind === 'lines') {
        for (const line of linesOf(item)) takeLine(line);
        output.end();
      } else if (item.kind === 'gap') {
        if (json) {
          output.put(lastTime, `${jsonText(gapRow(server, item))}\n`);
          output.end();
        } else {
          const name = label === undefined ? '' : `${stripControls(server)}: `;
          options.tell(
            `── ${name}${item.count === undefined ? 'some' : item.count} lines lost (${reasons[item.reason]}) ──`,
          );
        }
      } else {
        output.settle();
        tell(newsOf(item));
      }
    },
  };
}

function gapRow(server: string, { kind, through, count, reason }: FollowedGap): object {
  return { kind, server, through, ...(count === undefined ? {} : { count }), reason };
}

const reasons: Readonly<Record<FollowedGap['reason'], string>> = {
  'slow-reader': 'they came faster than they were read',
  rotated: 'they are no longer kept',
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
