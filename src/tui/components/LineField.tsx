import { type ReactElement, useState } from 'react';
import { useKeys, useSize, useTui, useTypingKeys } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { lineKeys } from '../keys/typing-keys.ts';
import { paintRow } from '../pieces.ts';
import { Lines } from './Lines.tsx';

/** One line to type into: Enter takes it, Escape leaves it, Ctrl-U empties it. */
export function LineField({
  label,
  first,
  onChange,
  onEnter,
  onEscape,
}: {
  readonly label: string;
  readonly first: string;
  /** Told each change as it is typed. */
  readonly onChange?: (text: string) => void;
  readonly onEnter: (text: string) => void;
  readonly onEscape: () => void;
}): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const [text, setText] = useState(first);
  const change = (next: string): void => {
    const kept = next.slice(0, 512);
    setText(kept);
    onChange?.(kept);
  };
  useTypingKeys(lineKeys);
  useKeys(layers.field, (name, typed) => {
    if (name === 'enter') onEnter(text);
    else if (name === 'escape' || name === 'ctrl+c') onEscape();
    else if (name === 'backspace') change([...text].slice(0, -1).join(''));
    else if (name === 'ctrl+u') change('');
    else if (name === 'ctrl+w') change(text.replace(/\S*\s*$/, ''));
    else if (typed !== undefined) change(text + typed.replace(/\s/g, ' '));
    return true;
  });
  return <Lines rows={[paintRow(theme, [['key', label], text, ['selected', ' ']], columns)]} />;
}
