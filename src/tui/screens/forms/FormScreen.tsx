import { Box } from 'ink';
import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { Footer, Header } from '../../components/Chrome.tsx';
import { Lines } from '../../components/Lines.tsx';
import { useDesk, useSize, useTui, useTuiState } from '../../context.ts';
import { createKey } from '../../forms/desk-parts.ts';
import type { Draft } from '../../forms/drafts.ts';
import { isTouched } from '../../forms/form.ts';
import { type Piece, paintRow } from '../../pieces.ts';
import { routeOf } from '../../store/state.ts';
import { EqualLines, equalLinesRows } from './EqualLines.tsx';
import { Fill } from './Fill.tsx';
import { Decide, Working } from './Plan.tsx';
import { problemText } from './stage-props.ts';

/** What one kind of form differs in. */
export interface FormKind {
  /** Its place among what is being filled in. */
  readonly key: string;
  readonly title: readonly Piece[];
  /** The command lines that do the same. */
  readonly commands: (draft: Draft) => readonly string[];
}

/** A form from its first field to the server it makes. Whatever happens, what was typed is there until it is done. */
export function FormScreen({ kind, rows }: { readonly kind: FormKind; readonly rows: number }): ReactElement {
  const { store, open, notify, isReadOnly } = useTui();
  const desk = useDesk();
  const { columns } = useSize();
  const { link } = useTuiState();
  const { key, title, commands } = kind;
  const draft = useSyncExternalStore(desk.subscribe, () => desk.find(key));
  const [isAway, setAway] = useState(false);
  const isLive = link.state === 'live';
  const isLoading = draft === undefined || draft.stage.kind === 'loading';
  useEffect(() => {
    if (isLive && isLoading && !isReadOnly && !isAway) void desk.open(key);
  }, [desk, key, isLive, isLoading, isReadOnly, isAway]);

  const leave = (): void => {
    setAway(true);
    if (draft && !isTouched(draft.form) && draft.stage.kind !== 'working') desk.drop(key);
    else if (draft?.stage.kind === 'fill')
      notify({ tone: 'plain', text: 'What was typed is kept until you come back to it' });
    store.apply({ kind: 'back' });
  };
  const apply = (later: boolean): void => {
    void desk.apply(key, later).then((applied) => {
      if (applied === undefined) return;
      const { server, notice } = applied;
      const here = routeOf(store.state());
      setAway(true);
      if (here.screen === 'create' ? key === createKey : here.screen === 'edit' && here.id === key) {
        store.apply({ kind: 'back' });
        store.apply({ kind: 'go', route: { screen: 'server', id: server, tab: 'logs' } });
      }
      // Not before one is elsewhere: a form that is looked at and not there is asked for anew.
      desk.drop(key);
      // With the server it is about, never on the screen that is left.
      notify(notice);
    });
  };
  const showCommands = (): void => {
    if (!draft) return;
    const lines = commands(draft);
    open({
      rows: equalLinesRows(lines, columns),
      render: (close) => <EqualLines title="The same on the command line" lines={lines} close={close} />,
    });
  };

  const height = rows - 1;
  const props = { draft, name: key, rows: height, onLeave: leave, onCommands: showCommands, onApply: apply };
  return (
    <Box flexDirection="column">
      <Header title={title} />
      {isReadOnly ? (
        <Still rows={height} text="ZedOps was opened with --read-only: nothing can be changed here" />
      ) : draft === undefined || draft.stage.kind === 'loading' ? (
        <Still
          rows={height}
          text={draft?.problem === undefined ? 'Asking the manager for the form' : problemText(draft.problem)}
        />
      ) : draft.stage.kind === 'plan' || draft.stage.kind === 'diff' ? (
        <Decide {...props} draft={draft} />
      ) : draft.stage.kind === 'working' ? (
        <Working {...props} draft={draft} />
      ) : (
        <Fill {...props} draft={draft} />
      )}
    </Box>
  );
}

/** A sentence where a form will be. */
function Still({ rows, text }: { readonly rows: number; readonly text: string }): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const head = paintRow(theme, [text], columns);
  return (
    <Box flexDirection="column">
      <Lines rows={Array.from({ length: rows - 1 }, (_, index) => (index === 0 ? head : ''))} />
      <Footer places={['everywhere']} />
    </Box>
  );
}
