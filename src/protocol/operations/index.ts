import type { OperationShape } from '../operation.ts';
import * as adoption from './adoption.ts';
import * as agent from './agent.ts';
import * as audit from './audit.ts';
import * as crash from './crash.ts';
import * as event from './event.ts';
import * as fleet from './fleet.ts';
import * as host from './host.ts';
import * as image from './image.ts';
import * as item from './item.ts';
import * as job from './job.ts';
import * as logSearch from './log-search.ts';
import * as metrics from './metrics.ts';
import * as move from './move.ts';
import * as person from './person.ts';
import * as plan from './plan.ts';
import * as player from './player.ts';
import * as port from './port.ts';
import * as rcon from './rcon.ts';
import * as relocation from './relocation.ts';
import * as relocationLog from './relocation-log.ts';
import * as server from './server.ts';
import * as serverEdit from './server-edit.ts';
import * as serverRemoval from './server-removal.ts';
import * as serverState from './server-state.ts';
import * as system from './system.ts';
import * as tag from './tag.ts';

const all = {
  ...system,
  ...host,
  ...server,
  ...serverEdit,
  ...move,
  ...relocation,
  ...relocationLog,
  ...serverState,
  ...serverRemoval,
  ...rcon,
  ...item,
  ...adoption,
  ...plan,
  ...player,
  ...port,
  ...tag,
  ...crash,
  ...event,
  ...logSearch,
  ...fleet,
  ...metrics,
  ...job,
  ...image,
  ...person,
  ...audit,
  ...agent,
};

/** Any operation there is, with its exact types. */
export type Operation = (typeof all)[keyof typeof all];

/** Operations an agent carries out, whether people or its manager ask. */
export type AgentOperation = Extract<Operation, { runsOn: 'agent' }>;

/** Operations the manager carries out itself. */
export type ManagerOperation = Exclude<Extract<Operation, { runsOn: 'manager' }>, { audience: 'peer' }>;

/** Every operation, in the order help and reference show them. */
export const operations: readonly OperationShape[] = Object.values(all);

const bySubject = new Map(operations.map((operation) => [operation.subject, operation]));

/** Finds an operation by its subject. */
export function findOperation(subject: string): OperationShape | undefined {
  return bySubject.get(subject);
}
