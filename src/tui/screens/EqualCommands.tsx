import type { ReactElement } from 'react';
import { hindrance, serverActions } from '../actions.ts';
import { Panel } from '../components/Overlay.tsx';
import { useKeys, useTui, useTuiState } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { shownKey } from '../keys/keymap.ts';
import type { Piece } from '../pieces.ts';
import type { SeenServer } from '../store/state.ts';

/** Command lines that only ask. */
const reads: readonly ((name: string) => string)[] = [
  (name) => `zedops server show ${name}`,
  (name) => `zedops server metrics ${name}`,
  (name) => `zedops server logs ${name} --follow`,
  (name) => `zedops rcon ${name}`,
  (name) => `zedops player list ${name}`,
  (name) => `zedops events --server ${name} --follow`,
];

/** Rows that {@link EqualCommands} takes. */
export const equalCommandsRows = serverActions.length + reads.length + 1;

/** Every action on a server beside the command line that does the same, and why some cannot be done. */
export function EqualCommands({
  server,
  close,
}: {
  readonly server: SeenServer;
  readonly close: () => void;
}): ReactElement {
  const { keymap, isReadOnly } = useTui();
  const { me, servers } = useTuiState();
  useKeys(layers.dialog, () => {
    close();
    return true;
  });
  const now = servers.get(server.id) ?? server;
  const rows = serverActions.map((action): Piece[] => {
    const why = hindrance(action, now, me, isReadOnly);
    const key = shownKey(keymap.keyFor(action.id)).padEnd(2);
    const command = action.command(server);
    return why === undefined ? [['key', `${key} `], command] : [['dim', `${key} ${command}   ${why}`]];
  });
  const asking = reads.map((line): Piece[] => ['   ', line(server.name)]);
  return <Panel title={`The same for ${server.name} on the command line`} rows={[...rows, ...asking]} />;
}
