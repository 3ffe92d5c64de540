import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import { Footer } from '../../components/Chrome.tsx';
import { LineField } from '../../components/LineField.tsx';
import { Lines } from '../../components/Lines.tsx';
import { useActions, useDesk, useKeys, useSize, useTui } from '../../context.ts';
import { type FilePurpose, loadEnvFile, saveEnvFile } from '../../forms/env-files.ts';
import { isSecret } from '../../forms/field.ts';
import { fieldAt, fieldValue, isPicked, isTouched } from '../../forms/form.ts';
import { faultsOf } from '../../forms/form-checks.ts';
import { firstRow, formRows } from '../../forms/form-rows.ts';
import { textChangeOf } from '../../forms/text-edit.ts';
import { layers } from '../../keys/key-router.ts';
import type { Place } from '../../keys/keymap.ts';
import { type Piece, paintEnds, paintRow } from '../../pieces.ts';
import { LeaveForm, leaveFormRows } from './LeaveForm.tsx';
import { problemText, type StageProps } from './stage-props.ts';

const places: readonly Place[] = ['form', 'list', 'everywhere'];

/** A form that is filled in: move with the keys of lists, Enter to type, and everything is checked as it is typed. */
export function Fill({ draft, name: key, rows, onLeave, onCommands, onApply }: StageProps): ReactElement {
  const { theme, folder, notify, open, quit } = useTui();
  const desk = useDesk();
  const { columns } = useSize();
  const { form, template, notes, isTried, stage, problem } = draft;
  const [file, setFile] = useState<FilePurpose>();
  const [isFinding, setFinding] = useState(false);
  const faults = faultsOf(form, template);
  const isTyping = form.typing !== undefined;
  const space = Math.max(3, rows - 2 - (problem === undefined ? 0 : 1));
  const shown = formRows(form, { width: columns, isNew: draft.server === undefined, faults, isTried, notes });
  const first = firstRow(shown.at, shown.until, shown.rows.length, space);
  const move = (by: number) => () => desk.change(key, { kind: 'move', by });
  const isChecking = stage.kind === 'checking';

  const work = {
    down: move(1),
    up: move(-1),
    'page-down': move(space),
    'page-up': move(-space),
    first: move(-form.fields.length),
    last: move(form.fields.length),
    'form.edit': () => desk.change(key, { kind: 'begin' }),
    'form.next-choice': () => desk.change(key, { kind: 'cycle', by: 1 }),
    'form.previous-choice': () => desk.change(key, { kind: 'cycle', by: -1 }),
    'form.next-section': () => desk.change(key, { kind: 'section', by: 1 }),
    'form.previous-section': () => desk.change(key, { kind: 'section', by: -1 }),
    'form.clear': () => desk.change(key, { kind: 'clear' }),
    'form.reveal': () => desk.change(key, { kind: 'reveal' }),
    'form.ports': () => void desk.suggestPorts(key),
    'form.find': () => setFinding(true),
    'form.load': () => setFile('load'),
    'form.save': () => setFile('save'),
    'form.apply': () => {
      // What was begun and lost sight of is joined and not planned again.
      if (draft.requestId !== undefined) onApply(false);
      else void desk.check(key);
    },
  };
  // While it is checked, it stays as it is.
  useActions(layers.screen, places, {
    ...(isChecking ? {} : work),
    commands: onCommands,
    back: onLeave,
    quit: () => {
      if (!isTouched(form)) quit();
      else open({ rows: leaveFormRows, render: (close) => <LeaveForm close={close} onYes={() => quit()} /> });
    },
  });
  useKeys(isTyping ? layers.field : layers.screen, (name, text) => {
    if (!isTyping) return false;
    if (name === 'escape' || name === 'ctrl+c') desk.change(key, { kind: 'cancel' });
    else if (name === 'ctrl+r') desk.change(key, { kind: 'reveal' });
    else if (name === 'enter') acceptAnd();
    else if (name === 'tab' || name === 'down') acceptAnd(1);
    else if (name === 'shift+tab' || name === 'up') acceptAnd(-1);
    else {
      const change = textChangeOf(name, text);
      if (change) desk.change(key, change);
    }
    return true;
  });
  const acceptAnd = (by?: 1 | -1): void => {
    desk.change(key, { kind: 'accept' });
    desk.change(key, { kind: 'move', by: by ?? 1 });
    const next = desk.find(key);
    const field = next && fieldAt(next.form);
    // Tab goes on typing where the next field is typed.
    if (by !== undefined && field && !isPicked(field)) desk.change(key, { kind: 'begin' });
  };

  const takeFile = (path: string, purpose: FilePurpose): void => {
    setFile(undefined);
    const done = purpose === 'load' ? loadEnvFile(desk, key, folder, path) : saveEnvFile(form, folder, path);
    done.then(
      (told) => notify(told),
      (error: unknown) => notify({ tone: 'bad', text: error instanceof Error ? error.message : String(error) }),
    );
  };
  const field = fieldAt(form);
  const verdict = faults.size === 0 ? 'everything fits' : `${faults.size} to mend`;
  const status: Piece[] = [
    isChecking
      ? ['warn', stage.what]
      : isTyping
        ? [
            'dim',
            `Enter takes it · Tab takes it and goes on · Esc leaves it${field && isSecret(field) ? ' · Ctrl-r shows it' : ''}`,
          ]
        : [faults.size === 0 ? 'good' : 'warn', verdict],
    ...(notes.size === 0 || isTyping
      ? []
      : [['warn', ` · ${notes.size} ${notes.size === 1 ? 'port' : 'ports'} taken`] as const]),
  ];
  const count = form.given.size + form.dropped.size;
  const right: Piece[] = [['dim', `${count} changed · ${positionOf(shown.rows.length, first, space)}`]];
  return (
    <Box flexDirection="column">
      <Lines
        rows={Array.from({ length: space }, (_, index) => paintRow(theme, shown.rows[first + index] ?? [''], columns))}
      />
      {problem === undefined ? null : <Lines rows={[paintRow(theme, [['bad', problemText(problem)]], columns)]} />}
      {isFinding ? (
        <LineField
          label="find: "
          first=""
          onEnter={(text) => {
            setFinding(false);
            desk.change(key, { kind: 'find', text });
          }}
          onEscape={() => setFinding(false)}
        />
      ) : file === undefined ? (
        <Lines rows={[paintEnds(theme, status, right, columns)]} />
      ) : (
        <LineField
          label={file === 'load' ? 'load settings from: ' : 'save settings, with their secrets, to: '}
          first={file === 'load' ? '' : `${fieldValue(form, 'name') || 'server'}.env`}
          onEnter={(path) => takeFile(path, file)}
          onEscape={() => setFile(undefined)}
        />
      )}
      <Footer places={['form', 'everywhere']} />
    </Box>
  );
}

function positionOf(count: number, first: number, space: number): string {
  if (count <= space) return 'all shown';
  return first === 0 ? 'top' : first + space >= count ? 'bottom' : `${Math.round((100 * first) / (count - space))}%`;
}
