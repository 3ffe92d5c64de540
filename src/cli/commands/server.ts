import type { Command } from '../command.ts';
import { serverMetricsCommand } from './metrics.ts';
import { serverAdoptCommand } from './server-adopt.ts';
import { broadcastCommand } from './server-broadcast.ts';
import { checkCommand } from './server-check.ts';
import { serverCreateCommand } from './server-create.ts';
import { deleteCommand, purgeCommand, restoreCommand } from './server-delete.ts';
import { serverEditCommand } from './server-edit.ts';
import { serverListCommand, serverShowCommand } from './server-list.ts';
import { serverLogSearchCommand } from './server-log-search.ts';
import { serverLogsCommand } from './server-logs.ts';
import { serverCloneCommand, serverMoveCommand } from './server-move.ts';
import { killCommand, restartCommand, startCommand, stopCommand } from './server-power.ts';
import { serverRebuildCommand, serverRenameCommand } from './server-rebuild.ts';
import { serverRetryCommand } from './server-retry.ts';
import { serverDiffCommand, serverSyncCommand } from './server-state.ts';
import { serverExportCommand, serverTemplateCommand } from './server-texts.ts';
import { withUnmanaged } from './server-unmanaged.ts';
import { serverTagCommand } from './tag.ts';

/** The commands of `zedops server`. */
export const serverCommands: readonly Command[] = [
  serverCreateCommand,
  serverAdoptCommand,
  serverRetryCommand,
  serverEditCommand,
  serverRebuildCommand,
  serverRenameCommand,
  withUnmanaged(serverListCommand),
  serverShowCommand,
  serverMetricsCommand,
  serverDiffCommand,
  serverSyncCommand,
  startCommand,
  stopCommand,
  restartCommand,
  killCommand,
  deleteCommand,
  serverCloneCommand,
  serverMoveCommand,
  restoreCommand,
  purgeCommand,
  checkCommand,
  broadcastCommand,
  serverTagCommand,
  serverLogsCommand,
  serverLogSearchCommand,
  serverExportCommand,
  serverTemplateCommand,
];
