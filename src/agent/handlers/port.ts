import { hostPreflight } from '../../protocol/operations/plan.ts';
import { hostPorts } from '../../protocol/operations/port.ts';
import { handleOnAgent } from '../context.ts';
import type { HostPorts } from '../host/host-ports.ts';
import type { Preflight } from '../host/preflight.ts';

/** Handlers of what the manager asks before it promises something of this host. */
export function portHandlers(ports: HostPorts, preflight: Preflight) {
  return [
    handleOnAgent(hostPorts, async ({ ports: wanted }) => ({ taken: [...(await ports.taken(wanted))] })),
    handleOnAgent(hostPreflight, (wanted) => preflight.look(wanted)),
  ];
}
