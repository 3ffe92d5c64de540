import { agentCrash, agentCrashes } from '../../protocol/operations/crash.ts';
import { handleOnAgent } from '../context.ts';
import type { CrashStore } from '../crashes/crash-store.ts';

/** Handlers of what the manager asks about crashes. */
export function crashHandlers(store: CrashStore) {
  return [
    handleOnAgent(agentCrashes, async ({ id, serverId }) => {
      const crashes = serverId === undefined ? await store.all() : await store.of(serverId);
      return { crashes: crashes.filter((crash) => id === undefined || crash.id === id) };
    }),
    handleOnAgent(agentCrash, ({ id }) => store.read(id)),
  ];
}
