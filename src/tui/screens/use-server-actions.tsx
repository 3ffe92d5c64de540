import { serverCreate } from '../../protocol/operations/server.ts';
import { isAllowedSomewhere } from '../../protocol/permissions.ts';
import { hindrance, type ServerAction, serverActions } from '../actions.ts';
import { askHow } from '../ask/AskHow.tsx';
import { Confirm, confirmRows } from '../components/Overlay.tsx';
import { type Tui, useActions, useTui, useTuiState } from '../context.ts';
import type { SeenServer } from '../store/state.ts';
import { EqualCommands, equalCommandsRows } from './EqualCommands.tsx';

/** Asks where something is lost by it, and does it; says why where it cannot be done. */
function begin(tui: Tui, action: ServerAction, server: SeenServer): void {
  const why = hindrance(action, server, tui.store.state().me, tui.isReadOnly);
  if (why !== undefined) {
    tui.notify({ tone: 'warn', text: `${action.label} ${server.name}: ${why}` });
    return;
  }
  const warnings = action.warning(server);
  const { screen } = action;
  const go = (): void => {
    if (screen === undefined) void tui.actions.run(action, server);
    else tui.store.apply({ kind: 'go', route: { screen, id: server.id } });
  };
  if (warnings === undefined) go();
  else if (action.asksHow) {
    askHow(tui, {
      title: `${action.label} ${server.name} on ${server.host}`,
      warnings,
      command: action.command(server),
      onDone: (wish) => void tui.actions.run(action, server, wish),
    });
  } else {
    tui.open({
      rows: confirmRows(warnings),
      render: (close) => (
        <Confirm
          title={`${action.label} ${server.name} on ${server.host}`}
          warnings={warnings}
          command={action.command(server)}
          close={close}
          onYes={go}
        />
      ),
    });
  }
}

/** Why someone cannot make a server; undefined where they can. */
function createHindrance({ desk, store }: Tui): string | undefined {
  const { me } = store.state();
  if (!desk) return 'no manager is known here';
  if (me === undefined) return 'what you may do is not known yet';
  const { permission } = serverCreate;
  return isAllowedSomewhere(me.grants, permission) ? undefined : `needs the permission ${permission}`;
}

/**
 * Gives the keys of actions their meaning for one server, and `c` the command lines that equal them.
 * @returns the actions that cannot be done with it now, for a footer to show dim.
 */
export function useServerActions(layer: number, server: SeenServer | undefined): ReadonlySet<string> {
  const tui = useTui();
  const { me } = useTuiState();
  const table: Record<string, () => void> = {};
  for (const action of serverActions) {
    table[action.id] = () => {
      if (server) begin(tui, action, server);
    };
  }
  table['server.create'] = () => {
    const why = createHindrance(tui);
    if (why === undefined) tui.store.apply({ kind: 'go', route: { screen: 'create' } });
    else tui.notify({ tone: 'warn', text: `New server: ${why}` });
  };
  table.commands = () => {
    if (!server) return;
    tui.open({ rows: equalCommandsRows, render: (close) => <EqualCommands server={server} close={close} /> });
  };
  useActions(layer, ['server', 'fleet', 'everywhere'], table);
  return new Set([
    ...serverActions.flatMap((action) =>
      server && hindrance(action, server, me, tui.isReadOnly) === undefined ? [] : [action.id],
    ),
    ...(createHindrance(tui) === undefined ? [] : ['server.create']),
  ]);
}
