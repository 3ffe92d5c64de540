import { type ReactElement, useState } from 'react';
import { Panel } from '../components/Overlay.tsx';
import { type Tui, useKeys } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { type AskField, type AskProblem, type AskState, askStep, firstAskState } from './ask-state.ts';
import { fieldRows } from './field-rows.ts';

/** What is asked, and what comes of it. */
export interface Question {
  readonly title: string;
  readonly fields: readonly AskField[];
  readonly check: (values: AskState['values']) => AskProblem | undefined;
  /** The command line that does the same, without secrets. */
  readonly command: (values: AskState['values']) => string;
  readonly onDone: (values: AskState['values']) => void;
  readonly onLeave?: () => void;
}

/** Asks for a few values below the screen. */
export function ask(tui: Pick<Tui, 'open'>, question: Question): void {
  tui.open({ rows: question.fields.length + 3, render: (close) => <Ask question={question} close={close} /> });
}

function Ask({ question, close }: { readonly question: Question; readonly close: () => void }): ReactElement {
  const { title, fields, check, command, onDone, onLeave } = question;
  const [state, setState] = useState(firstAskState(fields));
  useKeys(layers.dialog, (name, text) => {
    const step = askStep(fields, check, state, { name, ...(text === undefined ? {} : { text }) });
    if (typeof step === 'object') setState(step.state);
    else {
      close();
      if (step === 'done') onDone(state.values);
      else onLeave?.();
    }
    return true;
  });
  return <Panel title={title} rows={[...fieldRows(fields, state), [['dim', command(state.values)]]]} />;
}
