import type { Step } from '../../protocol/entities/job.ts';
import type { ServerPlan } from '../../protocol/entities/plan.ts';
import type { HostPort } from '../../protocol/entities/port.ts';
import type { SettingChange } from '../../protocol/entities/setting-change.ts';
import type { ImageTemplate } from '../../zomboid/images/image-template.ts';
import { type Form, fieldValue } from './form.ts';

/** How far a draft has come. */
export type Stage =
  | { readonly kind: 'loading' }
  | { readonly kind: 'fill' }
  | { readonly kind: 'checking'; readonly what: string }
  | { readonly kind: 'plan'; readonly plan: ServerPlan }
  | {
      readonly kind: 'diff';
      readonly changes: readonly SettingChange[];
      readonly risks: readonly string[];
      readonly warnings: readonly string[];
      readonly applies: 'nothing' | 'rebuild' | 'start' | 'return';
      readonly revision: number;
    }
  | {
      readonly kind: 'working';
      readonly what: string;
      readonly step?: Step;
      /** Whether the manager is away while it goes on. */
      readonly isLost: boolean;
    };

/** A form on its way to a server, kept while one looks elsewhere. */
export interface Draft {
  /** Absent for a new server. */
  readonly server?: { readonly id: string; readonly name: string; readonly hostId: string };
  /** Revision of the server when it was last looked at. */
  readonly revision?: number;
  readonly form: Form;
  readonly template: ImageTemplate | undefined;
  readonly images: readonly string[];
  readonly stage: Stage;
  readonly isTried: boolean;
  /** Why it did not go on. */
  readonly problem?: { readonly text: string; readonly hint: string | undefined };
  /** Of the request whose end is not known, so that asking again joins it. */
  readonly requestId?: string;
  /** Name of the server that a create has left half made: going on with it is another operation. */
  readonly halfMade?: string;
  /** Who has the ports of the form, by field. */
  readonly notes: ReadonlyMap<string, string>;
  /** The ports the notes are about, so that they are asked for once. */
  readonly askedPorts?: string;
}

/** A port of a form, and its field. */
export interface FormPort extends HostPort {
  readonly id: string;
  readonly name: 'game' | 'direct' | 'rcon';
}

/** What is being filled in, by `create` or the id of a server. */
export interface Drafts {
  find(key: string): Draft | undefined;
  put(key: string, draft: Draft): void;
  /** Changes a draft that is there. */
  change(key: string, change: (draft: Draft) => Draft): void;
  drop(key: string): void;
  subscribe(listener: () => void): () => void;
}

/** Makes a place for drafts. */
export function createDrafts(): Drafts {
  const drafts = new Map<string, Draft>();
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  return {
    find: (key) => drafts.get(key),
    put(key, draft) {
      drafts.set(key, draft);
      tell();
    },
    change(key, change) {
      const draft = drafts.get(key);
      if (!draft) return;
      drafts.set(key, change(draft));
      tell();
    },
    drop(key) {
      drafts.delete(key);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The ports a form asks for, as far as they are ports. */
export function portsOf({ form, template }: Pick<Draft, 'form' | 'template'>): readonly FormPort[] {
  if (!template) return [];
  const { ports, rcon } = template.image;
  const all = [...ports, ...(rcon ? [{ ...rcon, name: 'rcon' as const, protocol: 'tcp' as const }] : [])];
  return all.flatMap(({ env, name, port, protocol }) => {
    if (env === undefined) return [];
    const id = `env:${env}`;
    const number = Number(fieldValue(form, id) || port);
    return Number.isInteger(number) && number >= 1 && number <= 65_535 ? [{ id, name, port: number, protocol }] : [];
  });
}
