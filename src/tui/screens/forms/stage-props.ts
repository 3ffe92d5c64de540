import type { Draft } from '../../forms/drafts.ts';

/** What each stage of a form is given. */
export interface StageProps {
  readonly draft: Draft;
  /** The form's place at the desk. */
  readonly name: string;
  readonly rows: number;
  readonly onLeave: () => void;
  readonly onCommands: () => void;
  /** Does what was planned, or joins what was begun. */
  readonly onApply: (later: boolean) => void;
}

/** A problem and what helps, in one line. */
export function problemText({ text, hint }: NonNullable<Draft['problem']>): string {
  return hint === undefined ? text : `${text} · ${hint}`;
}
