import { useEffect, useState } from 'react';
import { mostTrendPoints, type ServerMetrics, type ServerTrendPoint } from '../../../protocol/entities/metrics.ts';
import { ZedopsError } from '../../../protocol/errors.ts';
import { serverMetrics } from '../../../protocol/operations/metrics.ts';
import { useTui, useTuiState } from '../../context.ts';
import type { SeenServer } from '../../store/state.ts';

interface Known {
  readonly trend: readonly ServerTrendPoint[];
  /** Why the past is not known, where that is worth telling. */
  readonly problem?: string | undefined;
}

/** Failures that are told elsewhere, or say only that an agent or manager is older than this. */
const ordinary = ['UNSUPPORTED', 'UNREACHABLE', 'TIMEOUT', 'CANCELLED'];

/** The last quarter of an hour of a server: asked for once for each connection, and gone on with by what streams in. */
export function useTrend(server: SeenServer): Known {
  const { client } = useTui();
  const { metrics, link } = useTuiState();
  const now = metrics.servers.get(server.id);
  const [trend, setTrend] = useState<readonly ServerTrendPoint[]>([]);
  const [problem, setProblem] = useState<string>();
  const { id, playersOnline } = server;
  const isLive = link.state === 'live';
  useEffect(() => {
    if (!isLive) return undefined;
    const ending = new AbortController();
    client?.call(serverMetrics, { server: id }, ending.signal).then(
      ({ trend: past }) => {
        if (ending.signal.aborted) return;
        setProblem(undefined);
        setTrend((known) => known.reduce(joined, past));
      },
      (error: unknown) => {
        if (ending.signal.aborted || (error instanceof ZedopsError && ordinary.includes(error.code))) return;
        setProblem(`Its last quarter of an hour: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    return () => ending.abort();
  }, [client, id, isLive]);
  useEffect(() => {
    if (now) setTrend((known) => joined(known, pointOf(now, playersOnline)));
  }, [now, playersOnline]);
  return { trend, problem };
}

/** A trend with one more point; one that is no later than the last is in it already. */
export function joined(trend: readonly ServerTrendPoint[], point: ServerTrendPoint): readonly ServerTrendPoint[] {
  const last = trend.at(-1);
  return last !== undefined && last.at >= point.at ? trend : [...trend, point].slice(-mostTrendPoints);
}

function pointOf({ at, cpusBusy, memoryBytes }: ServerMetrics, players: number | undefined): ServerTrendPoint {
  return {
    at,
    ...(cpusBusy === undefined ? {} : { cpusBusy }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(players === undefined ? {} : { players }),
  };
}
