import { type Applied, aside, createKey, type DeskDeps, type DeskParts, guarded } from './desk-parts.ts';
import { createDrafts, type Draft, type Drafts } from './drafts.ts';
import { type FormChange, fieldValue, newForm, reduceForm } from './form.ts';
import { faultsOf } from './form-checks.ts';
import { askPorts, suggestPorts } from './form-ports.ts';
import { loadCreate, loadEdit, readTemplate, withTemplate } from './load-form.ts';
import { applyCreate, planCreate } from './submit-create.ts';
import { applyEdit, planEdit } from './submit-edit.ts';

/** Where forms are filled in: they stay while one looks elsewhere, and what was begun goes on. */
export interface Desk extends Pick<Drafts, 'find' | 'drop' | 'subscribe'> {
  change(key: string, change: FormChange): void;
  /** Gets what a form is made of; a form that is there stays as it was. */
  open(key: string): Promise<void>;
  /** Checks a form, and asks the manager what would come of it. */
  check(key: string): Promise<void>;
  /** Does what was planned. Resolves with what came of it, once the draft is done and may be dropped. */
  apply(key: string, later: boolean): Promise<Applied | undefined>;
  /** Back from what was planned to the form. */
  reconsider(key: string): void;
  /** Puts free ports of the host into the form. */
  suggestPorts(key: string): Promise<void>;
}

/** Milliseconds for which one who types is left alone before the manager is asked about ports. */
const restMs = 400;

/** Makes a desk. */
export function createDesk(deps: DeskDeps): Desk {
  const drafts = createDrafts();
  const parts: DeskParts = { ...deps, drafts };
  let takeBack: (() => void) | undefined;
  deps.signal.addEventListener('abort', () => takeBack?.(), { once: true });

  const loadTemplate = async (key: string): Promise<void> => {
    const draft = drafts.find(key);
    const id = draft && fieldValue(draft.form, 'image');
    if (!draft || id === undefined || draft.template?.image.id === id) return;
    const template = await readTemplate(parts, id);
    drafts.change(key, (now) =>
      fieldValue(now.form, 'image') === id ? withTemplate(now, template, deps.hosts()) : now,
    );
  };
  const askSoon = (key: string): void => {
    takeBack?.();
    takeBack = deps.clock.after(restMs, () => void aside(parts, key, () => askPorts(parts, key)));
  };

  return {
    ...drafts,
    change(key, change) {
      drafts.change(key, (draft) => {
        const form = reduceForm(draft.form, change);
        const isSame = form.given === draft.form.given && form.dropped === draft.form.dropped;
        const { requestId, problem, ...rest } = draft;
        // Another wish is another request.
        if (!isSame) return { ...rest, form };
        return {
          ...{ ...rest, form },
          ...(requestId === undefined ? {} : { requestId }),
          ...(problem === undefined ? {} : { problem }),
        };
      });
      askSoon(key);
      void aside(parts, key, () => loadTemplate(key));
    },
    async open(key) {
      if (drafts.find(key) === undefined) drafts.put(key, emptyDraft());
      if (drafts.find(key)?.stage.kind !== 'loading') return;
      await guarded(parts, key, async () => {
        if (key === createKey) await loadCreate(parts);
        else await loadEdit(parts, key);
      });
      await aside(parts, key, () => askPorts(parts, key));
    },
    async check(key) {
      drafts.change(key, (draft) => ({ ...draft, isTried: true, form: reduceForm(draft.form, { kind: 'accept' }) }));
      const draft = drafts.find(key);
      if (!draft) return;
      const faults = faultsOf(draft.form, draft.template);
      if (faults.size > 0) {
        const first = draft.form.fields.find(({ id }) => faults.has(id));
        drafts.change(key, (now) => ({ ...now, form: reduceForm(now.form, { kind: 'to', id: first?.id }) }));
        const count = `${faults.size} ${faults.size === 1 ? 'field is' : 'fields are'}`;
        deps.notify({
          tone: 'warn',
          text: `${count} not right yet; the first is ${first?.title ?? 'no field at all'}`,
        });
        return;
      }
      await guarded(parts, key, () => (draft.server ? planEdit(parts, key) : planCreate(parts, key)));
    },
    async apply(key, later) {
      const draft = drafts.find(key);
      if (!draft || draft.stage.kind === 'working') return undefined;
      return draft.server ? applyEdit(parts, key, later) : applyCreate(parts, key);
    },
    reconsider(key) {
      drafts.change(key, (draft) =>
        draft.stage.kind === 'plan' || draft.stage.kind === 'diff' ? { ...draft, stage: { kind: 'fill' } } : draft,
      );
    },
    suggestPorts: (key) => aside(parts, key, () => suggestPorts(parts, key)),
  };
}

function emptyDraft(): Draft {
  return {
    ...{ form: newForm([]), template: undefined, images: [] },
    ...{ stage: { kind: 'loading' }, isTried: false, notes: new Map() },
  };
}
