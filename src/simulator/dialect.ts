import type { ConsoleLevel } from '../zomboid/console/console-line.ts';

/** Generations of the game that are simulated. */
export type Build = 41 | 42;

/** What stands in the header of one line of the console. */
export interface LineHeader {
  readonly level: ConsoleLevel;
  readonly category: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The game's count of milliseconds; undefined before its network is up. */
  readonly uptimeMs: number | undefined;
  readonly frame: number;
  readonly caller?: string | undefined;
}

/** Where the two generations write the same thing differently. Formats as seen in servers' output. */
export interface Dialect {
  readonly build: Build;
  readonly version: string;
  /** The line that names the version. */
  readonly versionLine: string;
  /** The number in `map_t.bin`. 195 is what 41.78 writes; the one for 42 is the simulator's own. */
  readonly worldVersion: number;
  /** The first entry of a `_SandboxVars.lua`. */
  readonly sandboxVersion: number;
  /** The bounds of an option, as the comment above it says them. */
  bounds(least: number, most: number, fallback: string): string;
  header(header: LineHeader): string;
  /** Name in `Logs/` of the file of a type. Build 42 names all by the server's start, 41 each by its own. */
  logFile(type: string, startedAt: number, now: number): string;
  /** What becomes of a file in `Logs/` that has grown too long. */
  readonly fullLog: 'truncate' | 'next file';
  /** Folder in `Logs/` to which a start moves what lies there. */
  logArchive(now: number): string;
}

/** The dialect of a build. */
export function dialectOf(build: Build): Dialect {
  return build === 41 ? build41 : build42;
}

const build41: Dialect = {
  build: 41,
  version: '41.78.16',
  versionLine: 'version=41.78.16 demo=false',
  worldVersion: 195,
  sandboxVersion: 5,
  bounds: (least, most, fallback) => `Minimum=${least} Maximum=${most} Default=${fallback}`,
  header({ level, category, now, uptimeMs }) {
    const uptime = uptimeMs === undefined ? '' : ` ${grouped(uptimeMs)}>`;
    return `${level.padEnd(5)}: ${category.padEnd(12)}, ${now}>${uptime} `;
  },
  logFile: (type, _startedAt, now) => `${day(now)}_${time(now).replaceAll(':', '-')}_${type}.txt`,
  fullLog: 'next file',
  logArchive: (now) => `logs_${day(now).slice(0, 5)}`,
};

const build42: Dialect = {
  build: 42,
  version: '42.20.4',
  versionLine: 'version=42.20.4 b0bbce05d5 demo=false',
  worldVersion: 240,
  sandboxVersion: 6,
  bounds: (least, most, fallback) => `Min: ${least} Max: ${most} Default: ${fallback}`,
  header({ level, category, uptimeMs, frame, caller }) {
    const uptime = uptimeMs === undefined ? '' : ` st:${grouped(uptimeMs)}`;
    const from = caller === undefined ? '' : ` at ${caller.padEnd(36)}`;
    return `${level.padEnd(5)}: ${category.padEnd(12)} f:${frame}${uptime}${from}> `;
  },
  logFile: (type, startedAt) => `${isoDay(startedAt)}_${time(startedAt).slice(0, 5).replace(':', '-')}_${type}.txt`,
  fullLog: 'truncate',
  logArchive: (now) => `logs_${isoDay(now)}`,
};

/** `dd-MM-yy HH:mm:ss.SSS` in the process's time zone, which `TZ` sets: how the files in `Logs/` write a time. */
export function logTime(now: number): string {
  return `${day(now)} ${time(now)}.${String(new Date(now).getMilliseconds()).padStart(3, '0')}`;
}

/** Groups thousands with commas. */
export function grouped(value: number): string {
  const digits = String(Math.trunc(value));
  let text = digits.slice(0, digits.length % 3);
  for (let at = text.length; at < digits.length; at += 3)
    text += `${text === '' ? '' : ','}${digits.slice(at, at + 3)}`;
  return text;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function day(now: number): string {
  const date = new Date(now);
  return `${two(date.getDate())}-${two(date.getMonth() + 1)}-${two(date.getFullYear() % 100)}`;
}

function isoDay(now: number): string {
  const date = new Date(now);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function time(now: number): string {
  const date = new Date(now);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
