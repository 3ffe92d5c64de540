import type { Command } from '../command.ts';
import { serverCreateCommand } from './server-create.ts';
import { serverListCommand, serverShowCommand } from './server-list.ts';
import { serverLogsCommand } from './server-logs.ts';
import { serverCloneCommand, serverMoveCommand } from './server-move.ts';
import { deleteCommand, killCommand, restartCommand, startCommand, stopCommand } from './server-power.ts';
import { serverExportCommand, serverTemplateCommand } from './server-texts.ts';

/** The commands of `zedops server`. */
export const serverCommands: readonly Command[] = [
  serverCreateCommand,
  serverListCommand,
  serverShowCommand,
  startCommand,
  stopCommand,
  restartCommand,
  killCommand,
  deleteCommand,
  serverCloneCommand,
  serverMoveCommand,
  serverLogsCommand,
  serverExportCommand,
  serverTemplateCommand,
];
