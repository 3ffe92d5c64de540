import type { OperationShape } from '../protocol/operation.ts';
import { isAllowed, type Place } from '../protocol/permissions.ts';
import type { Me } from './store/state.ts';

/** Who asks, and whether they only want to look. */
export interface Asker {
  readonly me: Me | undefined;
  readonly isReadOnly: boolean;
}

/**
 * Why someone cannot ask for an operation at a place; undefined where they can. `where` is the place as a person is told
 * of it, such as the name of a host.
 */
export function rightsHindrance(
  { permission, effect }: Pick<OperationShape, 'permission' | 'effect'>,
  place: Place,
  where: string,
  { me, isReadOnly }: Asker,
): string | undefined {
  if (isReadOnly && effect !== 'read') return 'ZedOps was opened with --read-only';
  if (me === undefined) return 'what you may do is not known yet';
  if (permission === 'none' || isAllowed(me.grants, permission, place)) return undefined;
  return `needs the permission ${permission} on ${where}`;
}

/** The same for what is about no host or server, but the fleet as a whole. */
export function fleetHindrance(
  operation: Pick<OperationShape, 'permission' | 'effect'>,
  asker: Asker,
): string | undefined {
  return rightsHindrance(operation, { kind: 'fleet' }, 'the fleet', asker);
}
