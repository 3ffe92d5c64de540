import { type ReactElement, useState } from 'react';
import { readStopOptions, stopOptionWords } from '../../client/stop-options.ts';
import { StopWish } from '../../protocol/entities/stop-wish.ts';
import { Panel } from '../components/Overlay.tsx';
import { type Tui, useKeys, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import type { Piece } from '../pieces.ts';
import { toldError } from '../told-error.ts';
import { type AskProblem, type AskState, askStep, firstAskState } from './ask-state.ts';
import { fieldRows } from './field-rows.ts';
import { allStopFields, stopFields, stopOptions } from './stop-fields.ts';

/** A stop or restart that is asked about. */
export interface HowQuestion {
  readonly title: string;
  /** What is lost by it, one sentence a row. */
  readonly warnings: readonly string[];
  /** The command line that does the same at once. */
  readonly command: string;
  readonly onDone: (wish: StopWish) => void;
}

/** Asks before a stop or restart how players are to be treated: now, after a countdown, or when nobody is online. */
export function askHow(tui: Pick<Tui, 'open'>, question: HowQuestion): void {
  // The way with the most to say has one field less than there are.
  const rows = question.warnings.length + allStopFields.length - 1 + 3;
  tui.open({ rows, render: (close) => <AskHow {...question} close={close} /> });
}

function AskHow({
  title,
  warnings,
  command,
  onDone,
  close,
}: HowQuestion & { readonly close: () => void }): ReactElement {
  const { keymap } = useTui();
  const [state, setState] = useState<AskState>(() => firstAskState(allStopFields));
  const fields = stopFields(state.values);
  useKeys(layers.dialog, (name, text) => {
    const isChoosing = fields[state.at]?.kind === 'choice';
    const meant = isChoosing && name !== 'enter' ? keymap.find(name, ['dialog']) : undefined;
    const isAtOnce = meant === 'confirm';
    const step =
      meant === 'refuse'
        ? 'left'
        : isAtOnce
          ? askStep(fields, problemOf, { ...state, at: fields.length - 1 }, { name: 'enter' })
          : askStep(fields, problemOf, state, { name, ...(text === undefined ? {} : { text }) });
    if (typeof step === 'object') setState(step.state);
    else {
      close();
      if (step === 'done') onDone(readStopOptions(stopOptions(state.values)));
    }
    return true;
  });
  const rows: Piece[][] = [
    ...warnings.map((warning): Piece[] => [['warn', warning]]),
    ...fieldRows(fields, state),
    [['dim', `${command}${stopOptionWords(stopOptions(state.values))}`]],
  ];
  return <Panel title={`${title}?`} rows={rows} />;
}

/** What the command line would say against it. */
function problemOf(values: AskState['values']): AskProblem | undefined {
  const field = values.how === 'when empty' ? 'maxWait' : 'warn';
  try {
    const issue = StopWish.safeParse(readStopOptions(stopOptions(values))).error?.issues[0];
    if (issue === undefined) return undefined;
    return {
      field: issue.path[0] === 'reason' ? 'reason' : field,
      text: `--${String(issue.path[0])}: ${issue.message}`,
    };
  } catch (error) {
    const { why, hint } = toldError(error);
    return { field, text: hint === undefined ? why : `${why}; ${hint}` };
  }
}
