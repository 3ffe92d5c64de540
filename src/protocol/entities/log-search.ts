import * as z from 'zod';
import { LogCursor } from './log.ts';
import { PlayerName } from './player.ts';

/** Levels a person may ask for, quietest first; a line passes when it is at least that loud. */
export const LogLevel = z.enum(['trace', 'debug', 'log', 'warn', 'error']);

/** Which lines of a log are looked for; what is absent lets all pass. */
export const LogWish = z.object({
  pattern: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('lines that match this regular expression; (?i) first ignores case'),
  level: LogLevel.optional().describe('only lines at least this loud, by the game’s own levels'),
  category: z
    .string()
    .regex(/^\S{1,64}$/, 'a category is one word')
    .optional()
    .describe('only lines of this category of the game, such as Lua or Network'),
  player: PlayerName.optional().describe('only lines that name this player'),
});
export type LogWish = z.infer<typeof LogWish>;

/**
 * What a search looks through: the console, and files of `Logs/` by the word in their names. `DebugLog-server` is none of
 * them, because it is the console once more.
 */
export const SearchSource = z.enum([
  'console',
  'user',
  'chat',
  'admin',
  'pvp',
  'cmd',
  'PerkLog',
  'item',
  'map',
  'ClientActionLog',
]);
export type SearchSource = z.infer<typeof SearchSource>;

/** What is looked through unless something else is asked for: all but the files that have a line for every small deed. */
export const usualSearchSources: readonly SearchSource[] = [
  'console',
  'user',
  'chat',
  'admin',
  'pvp',
  'cmd',
  'PerkLog',
];

/** The stretch of a log that is searched. */
export const LogStretch = z.object({
  since: z.iso.datetime().optional().describe('lines from this time on'),
  until: z.iso.datetime().optional().describe('lines up to this time'),
});

/** How many lines a search gives of one server. */
export const LogLimit = z.int().min(1).max(100_000).default(10_000).describe('at most this many lines of each server');

/** One line with what it says of itself. What it does not say is absent. */
export const FoundLine = z.object({
  seq: z.int().min(1),
  /** RFC 3339, by the engine’s clock. */
  time: z.string().max(40),
  output: z.enum(['stdout', 'stderr']),
  /** The line as it was printed, shortened where it is very long. */
  text: z.string(),
  level: z.string().max(16).optional(),
  category: z.string().max(256).optional(),
  /** What is left of the line without its header. */
  message: z.string().optional(),
  /** `start`, `ready`, `save`, `stop`, `player`, `mod` or `error`; a newer agent may know more. */
  event: z
    .string()
    .regex(/^[a-z][a-z-]{0,31}$/)
    .optional(),
  player: z.string().max(128).optional(),
  mod: z.string().max(256).optional(),
  /** Number of the line that this one goes on with, as a stack trace does. */
  of: z.int().min(1).optional(),
});
export type FoundLine = z.infer<typeof FoundLine>;

/** One line of a file in `Logs/`. What it does not say is absent. */
export const FoundFileLine = z.object({
  /** The file, and the folder it was moved to where it was: `logs_2026-09-24/2026-09-24_18-05_chat.txt`. */
  file: z.string().max(300),
  /** By the clock of the server, which has no zone in these files: the one it was measured to have, or its `TZ`, or UTC. */
  time: z.iso.datetime(),
  /** The line as it was written, shortened where it is very long. */
  text: z.string(),
  level: z.string().max(16).optional(),
  /** What the file is about, such as `chat`. */
  category: z.string().max(64),
  /** What is left of the line without its time and its level. */
  message: z.string().optional(),
  /** What it says has happened, such as `joined`, `said` or `kicked`; a newer agent may know more. */
  event: z
    .string()
    .regex(/^[a-z][a-z-]{0,31}$/)
    .optional(),
  player: z.string().max(128).optional(),
});
export type FoundFileLine = z.infer<typeof FoundFileLine>;

/** How far the files of `Logs/` were searched: the time of the last line found, and how many lines of that time there were. */
export const FilesPlace = z.object({ atMs: z.int(), nth: z.int().min(1) });
export type FilesPlace = z.infer<typeof FilesPlace>;

/** How far a search has come; it can be taken up again there. */
export const SearchPlace = z.object({ after: LogCursor.optional(), filesAfter: FilesPlace.optional() });
export type SearchPlace = z.infer<typeof SearchPlace>;

/**
 * What a search comes upon: lines, lines of files in `Logs/`, or a place where lines are gone. `through`: the number up to
 * which it has looked.
 */
export const LogFinding = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('found'),
    stream: z.string().max(64),
    through: z.int().min(0),
    lines: z.array(FoundLine).max(1000),
  }),
  z.object({ kind: z.literal('file-found'), place: FilesPlace, lines: z.array(FoundFileLine).max(1000) }),
  z.object({
    kind: z.literal('gap'),
    stream: z.string().max(64),
    through: z.int().min(0),
    count: z.int().min(1).optional(),
  }),
]);
export type LogFinding = z.infer<typeof LogFinding>;

/** What became of the search of one server. */
export const LogSearchEnd = z.object({
  /** Lines found. */
  found: z.int().min(0),
  /** True where there were more than were asked for. */
  isCut: z.boolean(),
  /** Why it could not be looked through, or not all of it. */
  problem: z.string().max(1024).optional(),
});
export type LogSearchEnd = z.infer<typeof LogSearchEnd>;
