import { agentAdoption, agentUnmanaged, serverAdopt } from '../../protocol/operations/adoption.ts';
import type { Adoption } from '../adoption/adopt.ts';
import { type ExamineDeps, examineSource } from '../adoption/examine.ts';
import { lookAround } from '../adoption/look-around.ts';
import { handleOnAgent, serverOf } from '../context.ts';

/** What the handlers of adoption need. */
export interface AdoptionHandlerDeps extends ExamineDeps {
  readonly adoption: Adoption;
}

/** Handlers of what is asked about servers that are not ours yet. */
export function adoptionHandlers({ adoption, ...deps }: AdoptionHandlerDeps) {
  return [
    handleOnAgent(agentUnmanaged, async ({ templates }) => ({ servers: await lookAround(templates, deps) })),
    handleOnAgent(agentAdoption, (request) => examineSource(request, deps)),
    handleOnAgent(serverAdopt, async ({ source, way }, context) => {
      const server = serverOf(context);
      const request = { jobId: context.id, source, way };
      const doing = { report: context.progress, signal: context.signal };
      return { id: server.id, name: server.name, ...(await adoption.adopt(server, request, doing)) };
    }),
  ];
}
