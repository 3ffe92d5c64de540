import { join } from 'node:path';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { Clock } from '../../platform/clock.ts';
import {
  consoleHistoryPath,
  type LateHistory,
  type LineHistory,
  loadHistory,
  openLineHistory,
} from '../../platform/terminal/line-history.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { createGameConsole, type GameConsole } from './game-console.ts';

/** Every console that was opened, and what was typed in them. */
export interface Consoles {
  /** The console of a server, made when it is first asked for. Undefined where no manager is known. */
  of(server: { readonly id: string; readonly name: string }): GameConsole | undefined;
  /** What was typed on the command line of the screens. */
  readonly palette: LineHistory;
  close(): void;
}

/** What {@link createConsoles} needs. */
export interface ConsolesDeps {
  readonly client: ManagerClient | undefined;
  readonly clock: Clock;
  /** The client's own folder, where histories are; undefined: they are forgotten. */
  readonly historyFolder: string | undefined;
  /** Told why what was typed before cannot be read. */
  readonly onFault: (error: unknown) => void;
}

/** So many consoles are kept; of more, the one that was opened first is forgotten. */
const mostConsoles = 32;

/** Makes the consoles of one run. */
export function createConsoles({ client, clock, historyFolder, onFault }: ConsolesDeps): Consoles {
  const open = new Map<string, GameConsole>();
  const historyOf = (path: (folder: string) => string, mayKeep: (line: string) => boolean): LateHistory =>
    loadHistory(
      historyFolder === undefined
        ? Promise.resolve(forgetfulHistory(mayKeep))
        : openLineHistory(path(historyFolder), mayKeep),
      onFault,
    );
  return {
    palette: historyOf((folder) => join(folder, 'command-history.txt'), hasNoSecret),
    of(server) {
      if (!client) return undefined;
      const known = open.get(server.id);
      if (known) return known;
      const history = historyOf((folder) => consoleHistoryPath(folder, server.id), isShown);
      const made = createGameConsole({ client, clock, server, history });
      open.set(server.id, made);
      const [first] = open;
      if (open.size > mostConsoles && first) {
        open.delete(first[0]);
        first[1].close();
      }
      return made;
    },
    close() {
      for (const one of open.values()) one.close();
    },
  };
}

function isShown(line: string): boolean {
  return redactCommand(line) === line;
}

/** A line for a game, such as after the words `rcon SERVER`, may have a password in it, and so may settings. */
function hasNoSecret(line: string): boolean {
  const isForGame = /^\s*(zedops\s+)?rcon\s/.test(line);
  const words = line.trim().split(/\s+/);
  const isClean = !isForGame || words.every((_, at) => isShown(words.slice(at).join(' ').replace(/^['"]/, '')));
  return isClean && !/password|token|secret/i.test(line);
}

function forgetfulHistory(mayKeep: (line: string) => boolean): LineHistory {
  const lines: string[] = [];
  return {
    lines,
    async add(line) {
      if (mayKeep(line) && lines.at(-1) !== line) lines.push(line);
    },
  };
}
