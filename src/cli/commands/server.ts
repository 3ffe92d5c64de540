import type { Command } from '../command.ts';
import { serverCreateCommand } from './server-create.ts';
import { serverEditCommand } from './server-edit.ts';
import { serverListCommand, serverShowCommand } from './server-list.ts';
import { serverLogsCommand } from './server-logs.ts';
import { deleteCommand, killCommand, restartCommand, startCommand, stopCommand } from './server-power.ts';
import { serverRebuildCommand, serverRenameCommand } from './server-rebuild.ts';
import { serverExportCommand, serverTemplateCommand } from './server-texts.ts';

/** The commands of `zedops server`. */
export const serverCommands: readonly Command[] = [
  serverCreateCommand,
  serverEditCommand,
  serverRebuildCommand,
  serverRenameCommand,
  serverListCommand,
  serverShowCommand,
  startCommand,
  stopCommand,
  restartCommand,
  killCommand,
  deleteCommand,
  serverLogsCommand,
  serverExportCommand,
  serverTemplateCommand,
];
