import type { Command } from '../command.ts';
import { serverAdoptCommand } from './server-adopt.ts';
import { serverCreateCommand } from './server-create.ts';
import { serverListCommand, serverShowCommand } from './server-list.ts';
import { serverLogsCommand } from './server-logs.ts';
import { deleteCommand, killCommand, restartCommand, startCommand, stopCommand } from './server-power.ts';
import { serverExportCommand, serverTemplateCommand } from './server-texts.ts';
import { withUnmanaged } from './server-unmanaged.ts';

/** The commands of `zedops server`. */
export const serverCommands: readonly Command[] = [
  serverCreateCommand,
  serverAdoptCommand,
  withUnmanaged(serverListCommand),
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
