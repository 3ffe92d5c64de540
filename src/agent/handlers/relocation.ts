import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import {
  agentWorldDescribe,
  agentWorldHold,
  agentWorldRead,
  agentWorldReadMany,
  agentWorldStep,
  relocationDescribe,
  relocationRead,
  relocationReadMany,
  relocationStep,
  serverRelocate,
} from '../../protocol/operations/relocation.ts';
import {
  agentWorldLogList,
  agentWorldLogRead,
  relocationLogList,
  relocationLogRead,
} from '../../protocol/operations/relocation-log.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { ManagerLine } from '../link/manager-line.ts';
import type { RunExclusive } from '../servers/exclusive.ts';
import type { Doing } from '../servers/lifecycle.ts';
import type { Registry } from '../servers/registry.ts';
import type { Arrived, OtherHost } from '../worlds/arrive-host.ts';
import type { Departure } from '../worlds/leave-host.ts';

/** What the handlers of moves between hosts need. */
export interface RelocationHandlerDeps {
  readonly registry: Pick<Registry, 'get' | 'accept'>;
  readonly runExclusive: RunExclusive;
  readonly line: ManagerLine;
  readonly departure: Departure;
  readonly arrive: (server: DesiredServer, other: OtherHost, doing: Doing) => Promise<Arrived>;
}

/** Handlers of a server's way from one host to another: on the one it leaves, and on the one it goes to. */
export function relocationHandlers({ registry, runExclusive, line, departure, arrive }: RelocationHandlerDeps) {
  return [
    handleOnAgent(serverRelocate, async (_, context) => {
      const server = serverOf(context);
      const { progress: report, signal } = context;
      const arrived = await arrive(server, otherHost(line, server.id, context.id), { report, signal });
      return { name: server.name, ...arrived };
    }),
    handleOnAgent(agentWorldDescribe, ({ serverId, live }, { progress: report, signal }) =>
      departure.describe(registry.get(serverId), live, { report, signal }),
    ),
    handleOnAgent(agentWorldRead, async ({ serverId, path, offset, length }) => {
      const data = await departure.read(registry.get(serverId), path, offset, length);
      return { data: data.toString('base64') };
    }),
    handleOnAgent(agentWorldReadMany, async ({ serverId, files }) => {
      const parts = await departure.readMany(registry.get(serverId), files);
      return { files: parts.map((part) => part?.toString('base64') ?? null) };
    }),
    handleOnAgent(agentWorldLogList, ({ serverId, last }) => departure.listLog(registry.get(serverId), last)),
    handleOnAgent(agentWorldLogRead, async ({ serverId, name, offset, length }) => {
      const data = await departure.readLog(registry.get(serverId), name, offset, length);
      return { data: data.toString('base64') };
    }),
    handleOnAgent(agentWorldHold, async ({ serverId, jobId }, { progress: report, signal }) => {
      const server = registry.get(serverId);
      const doer = { id: jobId, subject: agentWorldHold.subject, actor: 'manager', passes: false };
      return { stop: await runExclusive(server, doer, () => departure.stop(server, { report, signal })) };
    }),
    handleOnAgent(agentWorldStep, async ({ server: sent, jobId, actor, step }, { progress: report, signal }) => {
      const doer = { id: jobId, subject: serverRelocate.subject, actor, passes: false };
      if (step === 'leave') {
        const originalAt = await departure.leave(sent, { report, signal });
        return originalAt === undefined ? {} : { originalAt };
      }
      if (step === 'kept') return departure.kept(sent);
      const server = await registry.accept(sent);
      const done = runExclusive(server, doer, async (show) => {
        const tell: Doing['report'] = (told) => {
          show(told);
          report(told);
        };
        if (step === 'stop') return { stop: await departure.stop(server, { report: tell, signal }) };
        await departure.takeBack(server, { report: tell, signal });
        return {};
      });
      return done.catch((error: unknown) => {
        // Taken back it is, and whether it runs is its host's to tell from then on.
        if (step !== 'return' || departure.isHeld(server) || !(error instanceof ZedopsError)) throw error;
        return { problem: error.message };
      });
    }),
  ];
}

function otherHost(line: ManagerLine, serverId: string, jobId: string): OtherHost {
  return {
    describe: (live, { report: onProgress, signal }) =>
      line.ask(
        (peer, until) => peer.request(relocationDescribe, { serverId, live }, { signal: until, onProgress }),
        signal,
      ),
    async read(path, offset, length, signal) {
      const request = { serverId, offset, length, ...(path === undefined ? {} : { path }) };
      const { data } = await line.ask(
        (peer, until) => peer.request(relocationRead, request, { signal: until }),
        signal,
      );
      return Buffer.from(data, 'base64');
    },
    async readMany(wanted, signal) {
      const request = { serverId, files: [...wanted] };
      const { files } = await line.ask(
        (peer, until) => peer.request(relocationReadMany, request, { signal: until }),
        signal,
      );
      return files.map((data) => (data === null ? undefined : Buffer.from(data, 'base64')));
    },
    log: {
      list: (last, signal) =>
        line.ask((peer, until) => peer.request(relocationLogList, { serverId, last }, { signal: until }), signal),
      async read(name, offset, length, signal) {
        const request = { serverId, name, offset, length };
        const { data } = await line.ask(
          (peer, until) => peer.request(relocationLogRead, request, { signal: until }),
          signal,
        );
        return Buffer.from(data, 'base64');
      },
    },
    step: (step, { report: onProgress, signal }) =>
      line.ask(
        (peer, until) => peer.request(relocationStep, { serverId, jobId, step }, { signal: until, onProgress }),
        signal,
      ),
  };
}
