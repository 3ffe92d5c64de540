import { Box } from 'ink';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { Header } from '../components/Chrome.tsx';
import { LineField } from '../components/LineField.tsx';
import { Lines } from '../components/Lines.tsx';
import { useActions, useKeys, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { type Piece, paintRow, paintWhole } from '../pieces.ts';
import { toldError } from '../told-error.ts';
import { askFingerprint, askToConnect } from './connect.tsx';

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
    about: 'Manager and host in one process beside these screens. It ends with them, unless you leave it running.',
  },
  {
    title: 'Try it without the game',
    command: 'ZEDOPS_HOME=… zedops up --setting agent.runtime=process',
    about:
      'As above, in a folder of its own: no Docker, nothing of yours is touched, and one server, a stand-in for the game, is there already.',
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
  const tui = useTui();
  const { theme, quit, firstRun } = tui;
  const { columns } = useSize();
  const [at, setAt] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const [step, setStep] = useState<string>();
  const running = useRef(new AbortController());
  useEffect(() => () => running.current.abort(), []);
  const follow = (way: (signal: AbortSignal) => Promise<ManagerClient>): void => {
    const mine = new AbortController();
    running.current = mine;
    setStep('Connecting');
    way(mine.signal).then(tui.enter, (error: unknown) => {
      const { why, hint } = toldError(error);
      setStep(undefined);
      if (!mine.signal.aborted) tui.notify({ tone: 'bad', text: why, hint });
    });
  };
  const choose = (index: number): void => {
    setAt(index);
    if (step !== undefined) return;
    if (firstRun && index === 0) {
      askToConnect(tui, (given) =>
        follow((signal) =>
          firstRun.connect(given, (fingerprint) => askFingerprint(tui, given.url, fingerprint), signal),
        ),
      );
    } else if (firstRun) follow((signal) => firstRun.start(index === 1 ? 'here' : 'demo', setStep, signal));
    else if (index === 0) setAsking(true);
    else quit((ways[index]?.command ?? '').split(' ').slice(1));
  };
  useActions(layers.screen, ['list', 'fleet', 'everywhere'], {
    ...(step === undefined ? {} : { back: () => running.current.abort() }),
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
        <Lines
          rows={[
            paintRow(
              theme,
              step !== undefined
                ? [
                    ['accent', step],
                    ['dim', ' · Esc stops it'],
                  ]
                : [['key', 'Enter'], ' choose  ', ['key', 'q'], ' quit'],
              columns,
            ),
          ]}
        />
      )}
    </Box>
  );
}
