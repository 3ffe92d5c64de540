import { runJob } from '../../client/run-job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { serverEdit, serverRebuild, serverRename } from '../../protocol/operations/server-edit.ts';
import { type Applied, type DeskParts, failed, forward } from './desk-parts.ts';
import type { Draft } from './drafts.ts';
import { editRequest, newName } from './form-requests.ts';
import { refreshServer } from './load-form.ts';
import { jobOptions } from './submit-create.ts';

/** Asks the manager what an edit would change. */
export async function planEdit(parts: DeskParts, key: string): Promise<void> {
  const { client, drafts, signal, notify } = parts;
  const draft = drafts.find(key);
  if (!draft?.server) return;
  const { name } = draft.server;
  drafts.change(key, (now) => forward(now, { kind: 'checking', what: `Asking what changes of ${name}` }));
  try {
    const request = { ...editRequest(draft.form, key), ...revisionOf(draft) };
    const { changes, risks, warnings, applies, revision } = await client.call(
      serverEdit,
      { ...request, dryRun: true },
      signal,
    );
    const renamed = newName(draft.form);
    const all = renamed === undefined ? changes : [{ setting: 'name', before: name, after: renamed }, ...changes];
    if (all.length === 0) {
      drafts.change(key, (now) => forward(now, { kind: 'fill' }));
      notify({ tone: 'plain', text: `Nothing changes: ${name} has these settings already` });
      return;
    }
    drafts.change(key, (now) => forward(now, { kind: 'diff', changes: all, risks, warnings, applies, revision }));
  } catch (error) {
    await afterConflict(parts, key, error);
    throw error;
  }
}

/** Changes the server, renames it and makes its container anew, as far as each was asked for. */
export async function applyEdit(parts: DeskParts, key: string, later: boolean): Promise<Applied | undefined> {
  const { client, clock, drafts, notify, signal } = parts;
  const draft = drafts.find(key);
  if (!draft?.server || draft.stage.kind !== 'diff') return undefined;
  const { changes, applies, revision } = draft.stage;
  const renamed = newName(draft.form);
  const name = renamed ?? draft.server.name;
  const work = (what: string): void =>
    drafts.change(key, (now) => forward(now, { kind: 'working', what, isLost: false }));
  const options = () => jobOptions(parts, key, newId(clock.now()), () => undefined);
  work(`Changing ${draft.server.name}`);
  let isSaved = false;
  try {
    let how: Draft['stage'] & { readonly kind: 'diff' } = draft.stage;
    if (changes.some(({ setting }) => setting !== 'name') || renamed === undefined) {
      const request = { ...editRequest(draft.form, key), revision, later, acceptRisks: true };
      how = { ...how, applies: (await client.call(serverEdit, request, signal)).applies };
      isSaved = true;
    }
    if (renamed !== undefined) {
      work(`Renaming ${draft.server.name} to ${renamed}`);
      await runJob(serverRename, { server: key, name: renamed }, options());
      isSaved = true;
    }
    const isRebuilt = how.applies === 'rebuild' && applies !== 'nothing' && !later;
    if (isRebuilt) work(`Rebuilding ${name}`);
    const rebuilt = isRebuilt ? await runJob(serverRebuild, { server: key }, options()) : undefined;
    const end = rebuilt === undefined ? outcomes[later ? 'start' : how.applies] : `it is ${rebuilt.state} again`;
    return { server: key, notice: { tone: 'good', text: `${name} is changed; ${end}` } };
  } catch (error) {
    if (signal.aborted) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    if (isSaved) {
      // The settings are the server's by now, so that nothing in the form is lost with it.
      const text = `${name} is changed, but does not have it yet: ${why}`;
      return { server: key, notice: { tone: 'bad', text, hint: `zedops server rebuild ${name}` } };
    }
    await afterConflict(parts, key, error);
    drafts.change(key, (now) => failed(now, error));
    notify({ tone: 'bad', text: `${name} is not changed: ${why}` });
    return undefined;
  }
}

const outcomes = {
  nothing: 'its container stays',
  rebuild: 'it takes effect at its next start or restart',
  start: 'it takes effect at its next start or restart',
  return: 'its host is away and applies it when it is back',
} as const;

/** Somebody else may have changed it: what they made of it goes under what was typed, for a second look. */
async function afterConflict(parts: DeskParts, key: string, error: unknown): Promise<void> {
  if (!(error instanceof ZedopsError) || error.code !== 'CONFLICT') return;
  await refreshServer(parts, key).catch((again: unknown) => {
    if (!parts.signal.aborted) parts.notify({ tone: 'bad', text: `It could not be looked at again: ${again}` });
  });
}

function revisionOf({ revision }: Draft): { readonly revision?: number } {
  return revision === undefined ? {} : { revision };
}
