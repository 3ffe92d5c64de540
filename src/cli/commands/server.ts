import type { Command } from '../grammar/command.ts';

/**
 * The commands of `zedops server` by their verbs, in the order help shows them. They are many, and each is loaded alone:
 * a list is asked for more often than all others together, and is not to wait for them.
 */
export const serverVerbs: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import('./server-create.ts')).serverCreateCommand,
  adopt: async () => (await import('./server-adopt.ts')).serverAdoptCommand,
  retry: async () => (await import('./server-retry.ts')).serverRetryCommand,
  edit: async () => (await import('./server-edit.ts')).serverEditCommand,
  rebuild: async () => (await import('./server-rebuild.ts')).serverRebuildCommand,
  rename: async () => (await import('./server-rebuild.ts')).serverRenameCommand,
  list: async () => (await import('./server-list.ts')).serverListCommand,
  show: async () => (await import('./server-show.ts')).serverShowCommand,
  metrics: async () => (await import('./metrics.ts')).serverMetricsCommand,
  diff: async () => (await import('./server-state.ts')).serverDiffCommand,
  sync: async () => (await import('./server-state.ts')).serverSyncCommand,
  start: async () => (await import('./server-power.ts')).startCommand,
  stop: async () => (await import('./server-power.ts')).stopCommand,
  restart: async () => (await import('./server-power.ts')).restartCommand,
  kill: async () => (await import('./server-power.ts')).killCommand,
  delete: async () => (await import('./server-delete.ts')).deleteCommand,
  clone: async () => (await import('./server-move.ts')).serverCloneCommand,
  move: async () => (await import('./server-move.ts')).serverMoveCommand,
  restore: async () => (await import('./server-delete.ts')).restoreCommand,
  purge: async () => (await import('./server-delete.ts')).purgeCommand,
  check: async () => (await import('./server-check.ts')).checkCommand,
  broadcast: async () => (await import('./server-broadcast.ts')).broadcastCommand,
  tag: async () => (await import('./tag.ts')).serverTagCommand,
  logs: async () => (await import('./server-logs.ts')).serverLogsCommand,
  'log-search': async () => (await import('./server-log-search.ts')).serverLogSearchCommand,
  export: async () => (await import('./server-texts.ts')).serverExportCommand,
  template: async () => (await import('./server-texts.ts')).serverTemplateCommand,
};
