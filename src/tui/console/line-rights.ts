import { isAllowed } from '../../protocol/permissions.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import type { Me, SeenServer } from '../store/state.ts';

/** Who types, and where. */
export interface Typist {
  readonly me: Me | undefined;
  readonly isReadOnly: boolean;
  readonly server: Pick<SeenServer, 'id' | 'hostId' | 'name'>;
}

/** Why a line for the game may not be sent; undefined where it may. The manager has the last word. */
export function lineHindrance(build: Build | undefined, line: string, typist: Typist): string | undefined {
  const { permission, effect } = commandRights(build, line);
  if (typist.isReadOnly && effect !== 'read') return 'ZedOps was opened with --read-only';
  return lacking(permission, typist);
}

/** What keeps someone from more than looking, for all lines; undefined where nothing does. */
export function consoleHindrance(typist: Typist): string | undefined {
  return typist.isReadOnly ? 'ZedOps was opened with --read-only' : lacking('server:console', typist);
}

function lacking(
  permission: ReturnType<typeof commandRights>['permission'],
  { me, server }: Typist,
): string | undefined {
  if (me === undefined) return 'what you may do is not known yet';
  const place = { kind: 'server', hostId: server.hostId, serverId: server.id } as const;
  return isAllowed(me.grants, permission, place) ? undefined : `needs the permission ${permission} on ${server.name}`;
}
