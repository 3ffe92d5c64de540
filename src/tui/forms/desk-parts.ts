import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HostSummary } from '../../protocol/entities/host.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Notice } from '../store/state.ts';
import type { Draft, Drafts, Stage } from './drafts.ts';

/** What a form has come to: the server's id, and what whoever filled it in is to be told once that server is shown. */
export interface Applied {
  readonly server: string;
  readonly notice: Parameters<DeskDeps['notify']>[0];
}

/** What a desk of forms needs. */
export interface DeskDeps {
  readonly client: ManagerClient;
  readonly clock: Clock;
  /** Aborted when the screens close; what has begun on an agent goes on. */
  readonly signal: AbortSignal;
  readonly notify: (notice: Pick<Notice, 'tone' | 'text'> & { readonly hint?: string | undefined }) => void;
  /** Hosts one may see. */
  readonly hosts: () => readonly HostSummary[];
}

/** The key of the form for a new server; those of servers are their ids. */
export const createKey = 'create';

/** What the parts of a desk share. */
export interface DeskParts extends DeskDeps {
  readonly drafts: Drafts;
}

/** Runs a task for a draft; what goes wrong is told with the form, of which nothing is lost. */
export async function guarded(
  { drafts, signal }: Pick<DeskParts, 'drafts' | 'signal'>,
  key: string,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!signal.aborted) drafts.change(key, (draft) => failed(draft, error));
  }
}

/** Runs a task beside a draft, such as a look at its ports: what goes wrong is told, and it goes on as it was. */
export async function aside(
  { drafts, signal }: Pick<DeskParts, 'drafts' | 'signal'>,
  key: string,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!signal.aborted) drafts.change(key, (draft) => ({ ...draft, problem: problemOf(error) }));
  }
}

/** A draft that did not go on, and why. A form that was not there yet is asked for again. */
export function failed(draft: Draft, error: unknown): Draft {
  return {
    ...draft,
    problem: problemOf(error),
    stage: draft.stage.kind === 'loading' ? draft.stage : { kind: 'fill' },
  };
}

/** A draft at another stage, with nothing wrong about it. */
export function forward({ problem, ...draft }: Draft, stage: Stage): Draft {
  return { ...draft, stage };
}

function problemOf(error: unknown): NonNullable<Draft['problem']> {
  const hint = error instanceof ZedopsError ? error.hint : undefined;
  return { text: error instanceof Error ? error.message : String(error), hint };
}
