import type { Clock } from '../../platform/clock.ts';
import { didYouMean } from '../../platform/did-you-mean.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import type { HandlerTable } from '../../protocol/handlers.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import { findOperation, operations } from '../../protocol/operations/index.ts';
import { addressGroup } from '../door/address.ts';
import { missingToken } from '../door/admission.ts';
import type { Call } from '../door/door-options.ts';
import { answerGreeting } from '../door/greeting.ts';
import type { AgentIdentity } from '../hosts/enrolment.ts';
import type { GrantWatch } from '../people/grant-watch.ts';
import type { Identity } from '../people/identity.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Aim, Authorize } from './authorize.ts';
import { type ManagerContext, nobody, type Reader } from './context.ts';
import { createVisits } from './visits.ts';
import { createWatchedStreams } from './watched-streams.ts';

/** What comes with a request, whichever door it came through. */
export interface GatewayCall extends Call {
  /** Set where a host asks. */
  readonly agent?: AgentIdentity;
  /** Set where whoever asks has a connection of their own. */
  readonly reader?: Reader;
}

/** The only door for operations: every one is parsed, authorised, audited, carried out and checked here. */
export interface Gateway {
  /** Carries out one request. @throws ZedopsError */
  handle(subject: string, data: unknown, call: GatewayCall): Promise<unknown>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/** What {@link createGateway} is made of. */
export interface GatewayDeps {
  readonly handlers: HandlerTable<ManagerContext>;
  readonly authorize: Authorize;
  /** Carries out what an agent does. */
  readonly forward: (operation: OperationShape, input: unknown, context: ManagerContext) => Promise<unknown>;
  readonly trail: AuditTrail;
  readonly grants: GrantWatch;
  readonly clock: Clock;
}

/** Requests of nobody from one address in a minute: each leaves a row, and nobody shall fill the disk with them. */
const mostOfNobody = 120;

/** Makes the gateway. */
export function createGateway({ handlers, authorize, forward, trail, grants, clock }: GatewayDeps): Gateway {
  const visits = createVisits(clock, mostOfNobody);
  const underWay = new Set<Promise<unknown>>();
  const streamed = createWatchedStreams(grants, authorize);

  const perform = (operation: OperationShape, input: unknown, context: ManagerContext): Promise<unknown> => {
    if (operation.runsOn === 'agent') return forward(operation, input, context);
    const bound = handlers.get(operation.subject);
    if (!bound) throw unknownSubject(operation.subject);
    return bound.run(input, context);
  };

  const audited = async (
    operation: OperationShape,
    input: unknown,
    identity: Identity,
    aim: Aim | ZedopsError,
    call: GatewayCall,
  ): Promise<unknown> => {
    const entry = await trail.begin({
      operation,
      input,
      actor: identity.actor,
      requestId: call.id,
      from: call.asker.from,
      target: aim instanceof ZedopsError ? undefined : (aim.server ?? aim.host)?.name,
    });
    try {
      const { server, host } = allowed(aim);
      let failure: ZedopsError | undefined;
      const failed = (error: ZedopsError): void => {
        failure = error;
      };
      const context = contextOf(call, identity, { server, host }, { about: entry.about, failed });
      const reply = await perform(operation, input, context);
      await entry.end(failure);
      return reply;
    } catch (error) {
      await entry.end(error);
      throw error;
    }
  };

  const handle = async (subject: string, data: unknown, call: GatewayCall): Promise<unknown> => {
    const operation = findOperation(subject);
    if (!operation) throw unknownSubject(subject);
    const known = checkAudience(operation, call);
    if (operation.audience === 'peer') return answerGreeting(subject, data, clock);
    const parsed = operation.request.safeParse(data);
    if (!parsed.success) throw invalidInput(subject, parsed.error);
    const input = parsed.data;
    if (operation.audience === 'nobody' && !visits.admit(addressGroup(call.asker.from))) throw tooOften();
    // The connection may be older than what its owner was granted.
    const identity = operation.audience === 'people' ? await grants.renew(known) : known;
    const aim = operation.audience === 'people' ? await aimOf(operation, input, identity, authorize) : {};
    if (operation.effect !== 'read') return audited(operation, input, identity, aim, call);
    const read = (signal: AbortSignal): Promise<unknown> =>
      perform(
        operation,
        input,
        contextOf({ ...call, signal }, identity, allowed(aim), { about: () => undefined, failed: () => undefined }),
      );
    if (call.progress === undefined) return read(call.signal);
    return streamed({ operation, input, identity, signal: call.signal }, read);
  };

  return {
    handle(subject, data, call) {
      const work = handle(subject, data, call);
      underWay.add(work);
      const done = (): void => void underWay.delete(work);
      work.then(done, done);
      return work;
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}

/** What it is about, or the error of someone who may not see it, which the audit is to have too. */
async function aimOf(
  operation: OperationShape,
  input: unknown,
  identity: Identity,
  authorize: Authorize,
): Promise<Aim | ZedopsError> {
  try {
    return await authorize(operation, input, identity);
  } catch (error) {
    if (error instanceof ZedopsError && error.code === 'NOT_FOUND') return error;
    throw error;
  }
}

function allowed(aim: Aim | ZedopsError): Aim {
  if (aim instanceof ZedopsError) throw aim;
  if (aim.refusal) throw aim.refusal;
  return aim;
}

function contextOf(
  call: GatewayCall,
  identity: Identity,
  { server, host }: { readonly server?: Aim['server'] | undefined; readonly host?: Aim['host'] | undefined },
  { about, failed }: Pick<ManagerContext, 'about' | 'failed'>,
): ManagerContext {
  return {
    id: call.id,
    signal: call.signal,
    progress: call.progress ?? (() => undefined),
    identity,
    agent: call.agent,
    from: call.asker.from,
    server,
    host,
    reader: call.reader,
    hearsProgress: call.progress !== undefined,
    about,
    failed,
  };
}

/** Who asks, when they are one of those an operation is for. */
function checkAudience({ subject, audience }: OperationShape, { asker, agent }: GatewayCall): Identity {
  if (agent) {
    const identity = { actor: { kind: 'agent', id: agent.host.id, name: agent.host.name }, grants: [] } as const;
    if (audience === 'agent' || audience === 'peer') return identity;
    throw new ZedopsError('FORBIDDEN', `${subject} is not for agents`);
  }
  switch (audience) {
    case 'nobody':
    case 'peer':
      return asker.identity ?? nobody;
    case 'people':
      if (asker.identity) return asker.identity;
      throw missingToken();
    case 'agent':
    case 'manager':
      throw new ZedopsError('FORBIDDEN', `${subject} is between a manager and its agents, and not for people`);
  }
}

function unknownSubject(subject: string): ZedopsError {
  const known = operations.filter(({ audience }) => audience === 'people' || audience === 'nobody');
  const near = didYouMean(
    subject,
    known.map((operation) => operation.subject),
  );
  return new ZedopsError('UNSUPPORTED', `This manager does not know the operation ${subject.slice(0, 128)}${near}`, {
    hint: 'GET /openapi.json lists them all; a newer manager may know more',
  });
}

function tooOften(): ZedopsError {
  return new ZedopsError('UNREACHABLE', 'Too many tries to sign in or join came from this address', {
    hint: 'wait a minute and try again',
  });
}
