import * as z from 'zod';
import { LogLevel, LogWish } from '../../protocol/entities/log-search.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { readLogPattern } from '../../zomboid/console/log-filter.ts';

/** Options by which lines of logs are chosen, the same wherever logs are shown. */
export const logWishShape = {
  level: LogLevel.optional().describe('only lines at least this loud, by the game’s own levels'),
  category: LogWish.shape.category,
  player: LogWish.shape.player,
  since: z.string().optional().describe('lines from this time on: 10m, 2h, 3d ago, or an ISO time'),
  until: z.string().optional().describe('lines up to this time; ends there'),
  output: z
    .enum(['text', 'jsonl'])
    .default('text')
    .describe('jsonl: one JSON object for each line, with level, category and event; the same as --json'),
};

/** How the options of {@link logWishShape} are shown. */
export const logWishFlags = {
  category: { placeholder: 'word' },
  player: { placeholder: 'name' },
  since: { placeholder: 'time' },
  until: { placeholder: 'time' },
} as const;

/** Reads a regular expression. @throws ZedopsError INVALID_INPUT naming where it was typed. */
export function readPattern(text: string, where: string): RegExp {
  const read = readLogPattern(text);
  if ('pattern' in read) return read.pattern;
  throw new ZedopsError('INVALID_INPUT', `${where}: ${read.problem}`, {
    hint: 'put a backslash before . * + ? ( ) [ ] { } | where they stand for themselves',
  });
}
