import { Confirm, confirmRows, Panel } from '../../components/Overlay.tsx';
import { type Tui, useActions, useKeys, useTui } from '../../context.ts';
import { layers } from '../../keys/key-router.ts';
import { type Place, shownKey } from '../../keys/keymap.ts';
import type { Piece } from '../../pieces.ts';
import { toldError } from '../../told-error.ts';

/** Something that can be done on a screen, with what is selected on it. */
export interface ScreenAction {
  /** Name in the key table. */
  readonly id: string;
  /** As a person is told: `Revoke box-1`. */
  readonly label: string;
  /** The command line that does the same. */
  readonly command: string;
  /** Why it cannot be done now; undefined where it can. */
  readonly why: string | undefined;
  begin(): void;
}

/**
 * Gives the keys of actions their meaning, and `c` the command lines that equal them; `reads` are such that only ask.
 * @returns the actions that cannot be done now, for a footer to show dim.
 */
export function useScreenActions(
  places: readonly Place[],
  actions: readonly ScreenAction[],
  reads: readonly string[],
): ReadonlySet<string> {
  const tui = useTui();
  const table = Object.fromEntries(
    actions.map(({ id, label, why, begin }) => [
      id,
      why === undefined ? begin : () => tui.notify({ tone: 'warn', text: `${label}: ${why}` }),
    ]),
  );
  const commands = (): void =>
    tui.open({
      rows: actions.length + reads.length + 1,
      render: (close) => <CommandLines actions={actions} reads={reads} close={close} />,
    });
  useActions(layers.screen, [...places, 'everywhere'], { ...table, commands });
  return new Set(actions.flatMap(({ id, why }) => (why === undefined ? [] : [id])));
}

/** Every action of a screen beside the command line that does the same, and why some cannot be done. */
function CommandLines({
  actions,
  reads,
  close,
}: {
  readonly actions: readonly ScreenAction[];
  readonly reads: readonly string[];
  readonly close: () => void;
}) {
  const { keymap } = useTui();
  useKeys(layers.dialog, () => {
    close();
    return true;
  });
  const rows = actions.map(({ id, command, why }): Piece[] => {
    const key = shownKey(keymap.keyFor(id)).padEnd(2);
    return why === undefined ? [['key', `${key} `], command] : [['dim', `${key} ${command}   ${why}`]];
  });
  return (
    <Panel title="The same on the command line" rows={[...rows, ...reads.map((line): Piece[] => ['   ', line])]} />
  );
}

/** Asks before something is done that cannot be taken back. */
export function confirm(
  tui: Tui,
  question: {
    readonly title: string;
    readonly warnings: readonly string[];
    readonly command: string;
    readonly onYes: () => void;
  },
): void {
  tui.open({
    rows: confirmRows(question.warnings),
    render: (close) => <Confirm {...question} close={close} />,
  });
}

/** Does something and tells how it went: with the sentence it resolves with, or why it failed. */
export async function tellOutcome(tui: Tui, label: string, task: () => Promise<string>): Promise<void> {
  try {
    tui.notify({ tone: 'good', text: await task() });
  } catch (error) {
    const { why, hint } = toldError(error);
    tui.notify({ tone: 'bad', text: `${label}: ${why}`, hint });
  }
}
