import type { Finding } from '../../protocol/entities/finding.ts';
import type { Hub } from '../hosts/hub.ts';
import { examineClocks } from './clocks.ts';
import { examineHeaps, type HeapParts } from './heaps.ts';
import { examineManager, type ManagerParts } from './manager.ts';

/** Looks at the manager and at what only it can see of the fleet. */
export interface ManagerDoctor {
  examine(): Promise<readonly Finding[]>;
}

/** What {@link createManagerDoctor} is made of. */
export interface ManagerDoctorDeps extends ManagerParts, Omit<HeapParts, 'db'> {
  readonly hub: Pick<Hub, 'find' | 'links'>;
}

/** Makes the doctor. */
export function createManagerDoctor(deps: ManagerDoctorDeps): ManagerDoctor {
  return {
    async examine() {
      const { store, hub, clock } = deps;
      const some = await Promise.all([
        examineManager(deps),
        examineClocks(hub.links(), clock),
        examineHeaps({ ...deps, db: store.db }),
      ]);
      return some.flat();
    },
  };
}
