import { type ReactElement, useReducer, useRef } from 'react';
import type { LineEditor } from '../../platform/line-editor/line-editor.ts';
import { sharedStart } from '../../platform/line-editor/line-view.ts';
import { cellWidth } from '../../platform/terminal/cell-width.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { useKeys, useSize, useTui, useTypingKeys } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import type { TypingKey } from '../keys/typing-keys.ts';
import { paintRow } from '../pieces.ts';
import { editorKey } from './editor-key.ts';
import { editorPieces } from './editor-row.ts';
import { Lines } from './Lines.tsx';

/** What could stand at the cursor. */
export type Complete = (
  text: string,
  cursor: number,
) => Promise<{ readonly from: number; readonly candidates: readonly string[] }>;

/** What {@link EditorField} is given. */
export interface EditorFieldProps {
  readonly editor: LineEditor;
  readonly label: string;
  /** Which listeners it comes before. */
  readonly layer?: number;
  readonly complete?: Complete | undefined;
  /** Keys it leaves to others, beyond those that no editor knows. */
  readonly take?: (name: string) => boolean;
  /** Told after every key that changed something. */
  readonly onChange?: (text: string) => void;
  /** What could stand at the cursor, where it is more than one thing; none any more. */
  readonly onCandidates?: (candidates: readonly string[]) => void;
  readonly onLine: (line: string) => void;
  /** Escape, or Ctrl-D on an empty line. */
  readonly onLeave: () => void;
  /** Ctrl-C. */
  readonly onInterrupt?: () => void;
  readonly isSecret?: boolean;
  /** Shown in the footer while it is typed into. */
  readonly keys?: readonly TypingKey[];
}

/** A line to type into, with history, search in it (Ctrl-R) and completion. The editor may outlive it. */
export function EditorField(props: EditorFieldProps): ReactElement {
  const { editor, label, layer = layers.field, isSecret = false } = props;
  const { theme, notify } = useTui();
  const { columns } = useSize();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const isCompleting = useRef(false);

  const complete = async (): Promise<void> => {
    if (!props.complete || isCompleting.current) return;
    isCompleting.current = true;
    const { text, cursor } = editor.line;
    try {
      const { from, candidates } = await props.complete(text, cursor);
      // What was typed meanwhile is not what was asked for.
      if (editor.line.text !== text || editor.line.cursor !== cursor) return;
      const [first, second] = candidates;
      if (first === undefined) return;
      const shared = second === undefined ? `${first} ` : sharedStart(candidates);
      if (shared.length > cursor - from) {
        editor.replace(from, shared);
        props.onChange?.(editor.line.text);
      }
      props.onCandidates?.(second === undefined ? [] : candidates);
    } catch (error) {
      notify({ tone: 'bad', text: error instanceof ZedopsError ? error.message : String(error) });
    } finally {
      isCompleting.current = false;
      draw();
    }
  };

  useTypingKeys(props.keys);
  useKeys(layer, (name, text) => {
    if (name === 'ctrl+z' || name === 'ctrl+l' || name.startsWith('f1')) return false;
    if (props.take?.(name)) return true;
    if (name === 'escape' && !editor.search) {
      props.onLeave();
      return true;
    }
    const pressed = editor.press(editorKey(name, text));
    draw();
    if (name !== 'tab') props.onCandidates?.([]);
    switch (pressed.kind) {
      case 'line':
        props.onLine(pressed.line);
        break;
      case 'complete':
        void complete();
        break;
      case 'leave':
        props.onLeave();
        break;
      case 'cleared':
        props.onInterrupt?.();
        props.onChange?.('');
        break;
      default:
        props.onChange?.(editor.line.text);
    }
    return true;
  });
  const { search, line } = editor;
  const prompt = search ? `(${search.isFound ? 'search' : 'not found'}) ${search.wanted}: ` : label;
  const shown = isSecret ? { text: '•'.repeat(line.text.length), cursor: line.cursor } : line;
  const short = cellWidth(prompt) > columns / 2 ? '> ' : prompt;
  return (
    <Lines rows={[paintRow(theme, [['key', short], ...editorPieces(shown, columns - cellWidth(short))], columns)]} />
  );
}
