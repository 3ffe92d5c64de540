import { hostDoctor } from '../../protocol/operations/host.ts';
import { handleOnAgent } from '../context.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { HostFactsKeeper } from '../host/host-facts.ts';

/** Handlers of what people ask about a host. */
export function hostHandlers(facts: HostFactsKeeper, doctor: Doctor) {
  return [handleOnAgent(hostDoctor, async () => ({ facts: facts.now(), findings: [...(await doctor.examine())] }))];
}
