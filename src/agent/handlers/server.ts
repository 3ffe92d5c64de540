import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import {
  serverCreate,
  serverDelete,
  serverExport,
  serverKill,
  serverRestart,
  serverStart,
  serverStop,
} from '../../protocol/operations/server.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Doing, Lifecycle } from '../servers/lifecycle.ts';

/** What the handlers of server operations need. */
export interface ServerHandlerDeps {
  readonly lifecycle: Lifecycle;
  /** The compose file that runs a server without ZedOps, and the folder it lies in. */
  readonly exportServer: (server: DesiredServer) => Promise<{ readonly compose: string; readonly folder: string }>;
  /** The folder in which a server's world stays when its container is removed. */
  readonly folderOf: (server: DesiredServer) => string;
}

/** Handlers of what people ask about a server. */
export function serverHandlers({ lifecycle, exportServer, folderOf }: ServerHandlerDeps) {
  return [
    handleOnAgent(serverCreate, async (_, context) => {
      const server = serverOf(context);
      return { id: server.id, name: server.name, ...(await lifecycle.create(server, doing(context))) };
    }),
    handleOnAgent(serverStart, (_, context) => lifecycle.start(serverOf(context), doing(context))),
    handleOnAgent(serverStop, (_, context) => lifecycle.stop(serverOf(context), doing(context))),
    handleOnAgent(serverRestart, (_, context) => lifecycle.restart(serverOf(context), context.begunAt, doing(context))),
    handleOnAgent(serverKill, async (_, context) => ({
      state: 'stopped' as const,
      wasRunning: await lifecycle.kill(serverOf(context), doing(context)),
    })),
    handleOnAgent(serverDelete, async (_, context) => {
      const server = serverOf(context);
      const stop = await lifecycle.remove(server, doing(context));
      return { name: server.name, keptAt: folderOf(server), ...(stop.ended === 'was-stopped' ? {} : { stop }) };
    }),
    handleOnAgent(serverExport, (_, context) => exportServer(serverOf(context))),
  ];
}

function doing(context: {
  readonly id: string;
  readonly progress: (step: Step) => void;
  readonly signal: AbortSignal;
}): Doing {
  return { id: context.id, report: context.progress, signal: context.signal };
}
