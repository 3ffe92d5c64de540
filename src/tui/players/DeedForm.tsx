import { Box } from 'ink';
import { type ReactElement, useEffect, useMemo, useState } from 'react';
import { createLineEditor } from '../../platform/line-editor/line-editor.ts';
import type { ServerPlayer } from '../../protocol/entities/player.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { playerFind } from '../../protocol/operations/player.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { playerLine } from '../../zomboid/players/player-deed.ts';
import { EditorField } from '../components/EditorField.tsx';
import { Panel } from '../components/Overlay.tsx';
import { useKeys, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import type { Piece } from '../pieces.ts';
import { type Deed, type DeedAim, deedCommand } from './deeds.ts';

/** Rows a {@link DeedForm} takes. */
export const deedFormRows = 5;

/** What a form is given: what is done to whom. */
export interface DeedFormProps {
  readonly deed: Deed;
  readonly player: ServerPlayer;
  readonly close: () => void;
}

interface Found {
  readonly name: string;
  readonly build: Build | undefined;
}

/** Asks for what a deed needs and shows the exact command the game will be told; Enter sends it. */
export function DeedForm({ deed, player, close }: DeedFormProps): ReactElement {
  const tui = useTui();
  const { client, signal, notify } = tui;
  const [text, setText] = useState('');
  const [isSteam, setSteam] = useState(false);
  const [found, setFound] = useState<Found>();
  const [problem, setProblem] = useState<string>();
  const editor = useMemo(() => createLineEditor(), []);
  const { name, serverId, steamId } = player;
  useEffect(() => {
    const ending = new AbortController();
    client?.call(playerFind, { player: name, server: serverId, presence: deed.presence }, ending.signal).then(
      (answer) => setFound({ name: answer.name, build: answer.build }),
      (error: unknown) => {
        if (!ending.signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
      },
    );
    return () => ending.abort();
  }, [client, name, serverId, deed]);

  const trimmed = text.trim();
  const canBeSteam = deed.isForSteam === true && steamId !== undefined;
  const aim: DeedAim = { name: found?.name ?? name, serverId, ...(isSteam ? { steamId } : {}) };
  const made = playerLine(found?.build, deed.deed(aim, trimmed));
  const send = (): void => {
    if (!client || !found) return;
    if ('fault' in made || (deed.field?.isNeeded && trimmed === '')) {
      notify({ tone: 'bad', text: 'fault' in made ? made.fault : `${deed.label} needs ${deed.field?.label}` });
      return;
    }
    close();
    notify({ tone: 'plain', text: `${deed.label} ${name}: asked` });
    deed.act(client, aim, trimmed, signal).then(
      (told) =>
        notify({ tone: 'good', text: `${deed.label} ${told.player} on ${told.server}: the game said ${told.answer}` }),
      (error: unknown) =>
        signal.aborted ||
        notify({
          tone: 'bad',
          text: `${deed.label} ${name}: ${error instanceof Error ? error.message : String(error)}`,
          hint: error instanceof ZedopsError ? error.hint : undefined,
        }),
    );
  };
  useKeys(layers.dialog, (key) => {
    if (deed.field) return true;
    if (key === 'enter' || key === 'y') send();
    else if (key === 'tab' && canBeSteam) setSteam(!isSteam);
    else if (['escape', 'n', 'q', 'ctrl+c'].includes(key)) close();
    return true;
  });

  const told: Piece[] =
    problem !== undefined
      ? [['bad', problem]]
      : found === undefined
        ? [['dim', `looking for ${name}`]]
        : 'fault' in made
          ? [['warn', made.fault]]
          : [
              ['dim', 'the game is told: '],
              ['strong', redactCommand(made.line)],
            ];
  const keys: Piece[] = [
    ['key', 'Enter'],
    ' sends   ',
    ['key', 'Esc'],
    ' leaves it',
    ...(canBeSteam ? [['key', '   Tab'] as const, ` by ${isSteam ? 'account' : 'Steam id'}`] : []),
  ];
  const offers = deed.field?.offers ?? [];
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Panel
        title={`${deed.label} ${isSteam ? `${steamId} (${name})` : name} on ${player.server}`}
        rows={[
          told,
          [
            [
              'dim',
              deedCommand(
                deed,
                isSteam ? { ...player, name: steamId ?? name } : player,
                deed.field?.isSecret ? '' : trimmed,
              ),
            ],
          ],
          keys,
        ]}
      />
      {deed.field ? (
        <EditorField
          editor={editor}
          layer={layers.dialog + 1}
          label={`${deed.field.label}${deed.field.isNeeded ? '' : ' (may be empty)'}: `}
          isSecret={deed.field.isSecret === true}
          take={(key) => {
            if (key !== 'tab' || !canBeSteam) return false;
            setSteam(!isSteam);
            return true;
          }}
          complete={async (typed) => ({ from: 0, candidates: offers.filter((word) => word.startsWith(typed)) })}
          onChange={setText}
          onLine={send}
          onLeave={close}
          onInterrupt={close}
        />
      ) : null}
    </Box>
  );
}
