import { type Clock, isoTime, pause } from '../../platform/clock.ts';
import type { ProcessLook } from './process-look.ts';
import type { RuntimeEvent } from './runtime.ts';

const lookEveryMs = 200;

/** Tells what changes about processes, by looking at them five times a second: a few small files each. */
export async function watchProcesses(
  lookAtAll: () => Promise<readonly ProcessLook[]>,
  clock: Clock,
  onEvent: (event: RuntimeEvent) => void,
  onLive: () => void,
  signal: AbortSignal,
): Promise<void> {
  let known = await snapshot(lookAtAll);
  if (signal.aborted) return;
  onLive();
  while (!signal.aborted) {
    await pause(clock, lookEveryMs, signal);
    if (signal.aborted) return;
    const now = await snapshot(lookAtAll);
    for (const event of changes(known, now, isoTime(clock.now()))) if (!signal.aborted) onEvent(event);
    known = now;
  }
}

type Snapshot = ReadonlyMap<string, ProcessLook>;

async function snapshot(lookAtAll: () => Promise<readonly ProcessLook[]>): Promise<Snapshot> {
  return new Map((await lookAtAll()).map((look) => [look.container.id, look]));
}

function* changes(before: Snapshot, now: Snapshot, at: string): Generator<RuntimeEvent> {
  for (const [containerId, { record, run }] of now) {
    const event = (kind: RuntimeEvent['kind'], time: string): RuntimeEvent => ({
      serverId: record.serverId,
      containerId,
      kind,
      at: time,
    });
    const earlier = before.get(containerId);
    if (!earlier) yield event('created', at);
    else if (earlier.record.name !== record.name) yield event('renamed', at);
    const isNewRun = run !== undefined && run.startedAt !== earlier?.run?.startedAt;
    if (earlier?.run && isNewRun && earlier.run.finishedAt === undefined) yield event('exited', at);
    if (isNewRun) yield event('started', run.startedAt);
    if (run?.finishedAt !== undefined && (isNewRun || earlier?.run?.finishedAt === undefined)) {
      yield event('exited', run.finishedAt);
    }
  }
  for (const [containerId, { record, container }] of before) {
    if (now.has(containerId)) continue;
    if (container.status === 'running') yield { serverId: record.serverId, containerId, kind: 'exited', at };
    yield { serverId: record.serverId, containerId, kind: 'removed', at };
  }
}
