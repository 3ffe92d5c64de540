import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DiskMetrics } from '../../protocol/entities/metrics.ts';
import { metricsHandlers } from '../handlers/metrics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Looker } from '../servers/looker.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';
import { createDiskGauge } from './disk-gauge.ts';
import { createHostGauge } from './host-gauge.ts';
import { createSampler } from './sampler.ts';

/** What {@link createMetrics} is made of. */
export interface MetricsDeps {
  readonly runtime: Runtime;
  readonly registry: Registry;
  readonly observer: Observer;
  readonly looker: Pick<Looker, 'last'>;
  /** Folders below which servers have theirs. */
  readonly roots: readonly string[];
  readonly proc: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Joins what measures this host and its servers with those who ask for it. */
export function createMetrics(deps: MetricsDeps) {
  const { runtime, registry, observer, looker, roots, proc, clock, log, signal } = deps;
  let engineFolder: string | undefined;
  let isAsking = false;
  /** Nobody waits for it: an engine that hangs is no reason not to know how the host is. */
  const learnEngineFolder = (): void => {
    if (engineFolder !== undefined || isAsking || !runtime.survey) return;
    isAsking = true;
    runtime.survey
      .imageFolder()
      .then(
        (folder) => {
          engineFolder = folder;
        },
        (error: unknown) => {
          const cause = error instanceof Error ? error : undefined;
          log.debug({ error: cause }, 'where the engine keeps images is not known');
        },
      )
      .finally(() => {
        isAsking = false;
      });
  };
  const folders = async (): Promise<DiskMetrics['folders']> => {
    learnEngineFolder();
    return [
      ...roots.map((path) => ({ path, use: 'data-root' as const })),
      ...(engineFolder === undefined ? [] : [{ path: engineFolder, use: 'engine' as const }]),
    ];
  };
  const sampler = createSampler({
    measureHost: createHostGauge({ proc, disks: createDiskGauge({ folders, clock }), clock }),
    usageOf: async (container) => runtime.usage?.(container),
    servers: () => registry.all().map(({ id }) => id),
    containerOf: looker.last,
    playersOf: (id) => observer.find(id)?.players?.count,
    ...{ clock, log, signal },
  });
  return { handlers: metricsHandlers(sampler), begin: sampler.begin };
}
