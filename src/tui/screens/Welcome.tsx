import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import { Header } from '../components/Chrome.tsx';
import { LineField } from '../components/LineField.tsx';
import { Lines } from '../components/Lines.tsx';
import { useActions, useKeys, useSize, useTui } from '../context.ts';
import { layers } from '../key-router.ts';
import { type Piece, paintRow, paintWhole } from '../pieces.ts';

interface Way {
  readonly title: string;
  readonly command: string;
  readonly about: string;
}

/** The ways to a manager, where none is known. */
const ways: readonly Way[] = [
  {
    title: 'Connect to a manager',
    command: 'zedops login https://<manager>:8443',
    about: 'Someone runs one and has invited you: you need its address, and a code or your e-mail and password.',
  },
  {
    title: 'Start one on this machine',
    command: 'zedops up',
    about: 'Manager and host in one process, on this terminal. Open another terminal then and run zedops there.',
  },
  {
    title: 'Try it without the game',
    command: 'zedops up --setting agent.runtime=process',
    about:
      'As above, but servers are plain processes and need no Docker. Make one with --image simulator: a stand-in for the game.',
  },
];

/** A text in rows of at most `width` cells, broken between words. */
function sentences(text: string, width: number): string[] {
  const rows: string[] = [''];
  for (const word of text.split(' ')) {
    const row = rows.at(-1) ?? '';
    if (row !== '' && row.length + 1 + word.length > width) rows.push(word);
    else rows[rows.length - 1] = row === '' ? word : `${row} ${word}`;
  }
  return rows;
}

/** What is shown where no manager is known: three ways to one instead of an error. */
export function Welcome({ rows }: { readonly rows: number }): ReactElement {
  const { theme, quit } = useTui();
  const { columns } = useSize();
  const [at, setAt] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const choose = (index: number): void => {
    setAt(index);
    if (index === 0) setAsking(true);
    else quit((ways[index]?.command ?? '').split(' ').slice(1));
  };
  useActions(layers.screen, ['list', 'fleet'], {
    down: () => setAt(Math.min(ways.length - 1, at + 1)),
    up: () => setAt(Math.max(0, at - 1)),
    open: () => choose(at),
  });
  useKeys(layers.screen, (name) => {
    const index = /^[1-9]$/.test(name) ? Number(name) - 1 : -1;
    if (ways[index] === undefined) return false;
    choose(index);
    return true;
  });
  const body: string[] = [
    '',
    paintRow(theme, ['No manager is known here yet. There are three ways:'], columns),
    '',
    ...ways.flatMap(({ title, command, about }, index) => {
      const head: Piece[] = [` ${index + 1}  ${title}`];
      return [
        index === at ? paintWhole(theme, 'selected', head, columns) : paintRow(theme, head, columns),
        paintRow(theme, [['key', `    ${command}`]], columns),
        ...sentences(about, columns - 4).map((row) => paintRow(theme, [['dim', `    ${row}`]], columns)),
        '',
      ];
    }),
  ];
  const space = rows - 2;
  return (
    <Box flexDirection="column">
      <Header title={['welcome']} />
      <Lines rows={Array.from({ length: space }, (_, index) => body[index] ?? '')} />
      {isAsking ? (
        <LineField
          label="address of the manager: "
          first="https://"
          onEnter={(url) => quit(['login', url.trim()])}
          onEscape={() => setAsking(false)}
        />
      ) : (
        <Lines rows={[paintRow(theme, [['key', 'Enter'], ' choose  ', ['key', 'q'], ' quit'], columns)]} />
      )}
    </Box>
  );
}
