import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import {
  serverCreate,
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
}

/** Handlers of what people ask about a server. */
export function serverHandlers({ lifecycle, exportServer }: ServerHandlerDeps) {
  return [
    handleOnAgent(serverCreate, async (_, context) => {
      const server = serverOf(context);
      return { id: server.id, name: server.name, ...(await lifecycle.create(server, doing(context))) };
    }),
    handleOnAgent(serverRetry, async (_, context) => {
      const server = serverOf(context);
      return { id: server.id, name: server.name, ...(await lifecycle.retry(server, context.begunAt, doing(context))) };
    }),
    handleOnAgent(serverStart, (_, context) => lifecycle.start(serverOf(context), doing(context))),
    handleOnAgent(serverStop, (wish, context) =>
      lifecycle.stop(serverOf(context), doing(context), { ...wish, kind: 'stop', begunAt: context.begunAt }),
    ),
    handleOnAgent(serverRestart, (wish, context) =>
      lifecycle.restart(serverOf(context), context.begunAt, doing(context), wish),
    ),
    handleOnAgent(serverKill, async (_, context) => ({
      state: 'stopped' as const,
      wasRunning: await lifecycle.kill(serverOf(context), doing(context)),
    })),
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
