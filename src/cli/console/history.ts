import { appendFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, privateFile, readIfThere, writeAtomically } from '../../platform/atomic-file.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';

/** What was typed for one server, kept over sessions. */
export interface ConsoleHistory {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Keeps a line, unless it is the last one again or has a secret in it. */
  add(line: string): Promise<void>;
}

/** So many lines are kept for each server. */
const mostLines = 1000;

/** Opens what was typed for the server with this id. The file is the owner's alone. */
export async function openHistory(folder: string, serverId: string): Promise<ConsoleHistory> {
  const path = join(folder, 'console-history', `${serverId.replace(/[^\w-]/g, '_')}.txt`);
  await makePrivateFolder(join(folder, 'console-history'));
  const kept = (await readIfThere(path))?.split('\n').filter(isKept) ?? [];
  const lines = kept.slice(-mostLines);
  if (kept.length > 0) await chmod(path, privateFile);
  if (kept.length > mostLines) await writeAtomically(path, `${lines.join('\n')}\n`);
  return {
    lines,
    async add(line) {
      if (!isKept(line) || lines.at(-1) === line) return;
      lines.push(line);
      if (lines.length > mostLines) lines.shift();
      await appendFile(path, `${line}\n`, { mode: privateFile });
    },
  };
}

function isKept(line: string): boolean {
  return line.trim() !== '' && line.length <= 1024 && redactCommand(line) === line;
}
