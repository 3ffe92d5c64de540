import type * as z from 'zod';
import { mayPass } from '../../client/follow/outage.ts';
import { type JobOptions, runJob } from '../../client/run-job.ts';
import { newId } from '../../protocol/id.ts';
import { serverPlan, serverRetry } from '../../protocol/operations/plan.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { type Applied, type DeskParts, failed, forward } from './desk-parts.ts';
import type { Draft } from './drafts.ts';
import { createRequest } from './form-requests.ts';

/** Asks the manager what a create would do. One that was left half made is gone on with as it is. */
export async function planCreate(parts: DeskParts, key: string): Promise<void> {
  const { client, drafts, signal } = parts;
  const draft = drafts.find(key);
  if (!draft) return;
  const request = createRequest(draft.form);
  drafts.change(key, (now) => forward(now, { kind: 'checking', what: `Checking ${request.name} with the host` }));
  const { plan } = await client.call(serverPlan, request, signal);
  if (request.name !== draft.halfMade) {
    drafts.change(key, (now) => forward(now, { kind: 'plan', plan }));
    return;
  }
  // Of the server that is half made itself, name, ports and folder are taken.
  const checks = plan.checks.filter(({ name }) => !['name', 'ports', 'data'].includes(name));
  const isPossible = checks.every(({ level }) => level !== 'refuse');
  drafts.change(key, (now) => forward(now, { kind: 'plan', plan: { ...plan, checks, isPossible } }));
}

/** Makes the server. Asked again after an outage, it joins what it has begun. */
export async function applyCreate(parts: DeskParts, key: string): Promise<Applied | undefined> {
  const { drafts, clock, notify, signal } = parts;
  const draft = drafts.find(key);
  if (!draft) return undefined;
  const request = createRequest(draft.form);
  const id = draft.requestId ?? newId(clock.now());
  const what = `Creating ${request.name}`;
  let hasBegun = false;
  drafts.change(key, (now) => ({ ...forward(now, { kind: 'working', what, isLost: false }), requestId: id }));
  const options = jobOptions(parts, key, id, () => {
    hasBegun = true;
  });
  try {
    const { state, id: made } = await run(draft, request, options);
    return { server: made, notice: { tone: 'good', text: `${request.name} is created and ${state}` } };
  } catch (error) {
    if (signal.aborted) return undefined;
    drafts.change(key, ({ requestId, ...now }) => ({
      ...failed(now, error),
      // What may pass is asked again under the same id; what was refused is another request.
      ...(mayPass(error) ? { requestId: id } : {}),
      ...(hasBegun && !mayPass(error) ? { halfMade: request.name } : {}),
    }));
    const why = error instanceof Error ? error.message : String(error);
    notify({ tone: 'bad', text: `${request.name} is not created: ${why}` });
    return undefined;
  }
}

function run(draft: Draft, request: z.input<typeof serverCreate.request>, options: JobOptions) {
  if (request.name !== draft.halfMade) return runJob(serverCreate, request, options);
  const { name, env, image, limits, start } = request;
  return runJob(serverRetry, { server: name, env, image, limits, start }, options);
}

/** How a job is followed whose steps are shown with its draft. */
export function jobOptions(
  { client, clock, signal, drafts }: DeskParts,
  key: string,
  id: string,
  onBegun: () => void,
): JobOptions {
  const show = (change: { readonly isLost: boolean } | { readonly step: { readonly step: string } }): void =>
    drafts.change(key, (draft) =>
      draft.stage.kind === 'working' ? { ...draft, stage: { ...draft.stage, ...change } } : draft,
    );
  return {
    ...{ id, clock, signal },
    open: (open) => client.open(open),
    onStep(step) {
      onBegun();
      show({ step });
    },
    onConnection: (state) => show({ isLost: state === 'lost' }),
  };
}
