import type * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { callOperation } from '../../platform/network/pinned-https.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import type { ClientRoute } from './route.ts';
import type { Session } from './session.ts';

/** A manager as a face sees it: one-shot calls, and sessions for what takes longer. */
export interface ManagerClient {
  /** How the manager is named in messages. */
  readonly name: string;
  /** True on the socket of this machine's own manager, where no one needs to sign in. */
  readonly isLocal: boolean;
  /** Asks once, by HTTP: no WebSocket is made for it. @throws ZedopsError the manager's error, or UNREACHABLE. */
  call<Request extends z.ZodType, Reply extends z.ZodType>(
    operation: OperationShape & { request: Request; reply: Reply },
    data: z.input<Request> | z.output<Request>,
    signal?: AbortSignal,
  ): Promise<z.output<Reply>>;
  /** Opens a session over a WebSocket, for progress and streams. @throws ZedopsError UNREACHABLE, UNAUTHENTICATED. */
  open(signal?: AbortSignal): Promise<Session>;
}

/** Joins a way to the calls that take it. */
export function createManagerClient({ route, name }: ClientRoute, clock: Clock): ManagerClient {
  return {
    name,
    isLocal: 'socketPath' in route,
    async call(operation, data, signal) {
      const answer = await callOperation(route, operation.subject, data, signal, operation.timeoutMs);
      const reply = operation.reply.safeParse(answer);
      if (!reply.success) throw invalidInput(`The reply to ${operation.subject}`, reply.error);
      return reply.data;
    },
    async open(signal) {
      const { openSession } = await import('./session.ts');
      return openSession({ route, clock, signal });
    },
  };
}
