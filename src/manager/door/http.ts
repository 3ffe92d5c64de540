import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { programVersion } from '../../platform/program-version.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { noProgress } from '../../protocol/handlers.ts';
import { openApiDocument } from '../../protocol/openapi.ts';
import { findOperation } from '../../protocol/operations/index.ts';
import { type Identity, localIdentity } from '../people/identity.ts';
import { type Admission, missingToken, unknownToken } from './admission.ts';
import { answerHeaders, errorAnswer, refuseTokenInAddress, requestId } from './answer.ts';
import { readJsonBody } from './body.ts';
import type { Calls } from './calls.ts';
import type { DoorOptions } from './door-options.ts';
import type { DoorLimits } from './limits.ts';
import { progressLines } from './progress-lines.ts';

/** What {@link createHttp} needs. */
export interface HttpDeps extends Pick<DoorOptions, 'health' | 'authority' | 'identify' | 'live' | 'log'> {
  readonly admission: Admission;
  readonly calls: Calls;
  readonly limits: DoorLimits;
}

/** Makes the listener of HTTP requests that came from an address, or from `socket`. */
export type Http = (fromOf: (incoming: IncomingMessage) => string) => RequestListener;

interface Bindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly from: string;
  readonly id: string;
}

/** The name every request is taken to be for; which one it was really sent to makes no difference. */
const ownHost = 'manager.zedops.internal';
const jsonLines = 'application/x-ndjson';

/** Makes the part of the door that answers requests one by one. */
export function createHttp(deps: HttpDeps): Http {
  const { health, authority, identify, live, log, admission, calls, limits } = deps;
  const app = new Hono<{ Bindings: Bindings }>();
  let openApi: string | undefined;

  const identityOf = async ({ incoming, from }: Bindings): Promise<Identity | undefined> => {
    const { authorization } = incoming.headers;
    if (from === 'socket') return localIdentity;
    if (authorization === undefined) return undefined;
    const identity = await identify(authorization);
    if (!identity) throw unknownToken();
    return identity;
  };

  app.get('/healthz', ({ env }) => {
    const { status, ...facts } = health();
    return json({ status, ...facts }, env.id, status === 'ok' ? 200 : 503);
  });
  app.use(async ({ env }, next) => {
    const done = admission.beginRequest(env.from);
    if (env.outgoing.destroyed) done();
    else env.outgoing.once('close', done);
    refuseTokenInAddress(env.incoming.url);
    await next();
  });
  app.get('/authority.pem', ({ env }) => {
    return new Response(authority.certificate, { headers: answerHeaders(env.id, 'application/x-pem-file') });
  });
  app.get('/openapi.json', ({ env }) => {
    openApi ??= JSON.stringify(openApiDocument(programVersion));
    return new Response(openApi, { headers: answerHeaders(env.id) });
  });
  app.post('/v1/:subject', async ({ env, req }) => {
    const { incoming, outgoing, from, id } = env;
    const subject = req.param('subject');
    const operation = findOperation(subject);
    const entering = live.approach();
    try {
      const identity = await identityOf(env);
      // The gateway checks this too; here it spares reading the body of nobody.
      if (!identity && operation?.audience !== 'nobody') throw missingToken();
      const data = await readJsonBody(incoming, identity ? limits.bodyBytes : limits.bodyBytesOfNobody);
      const call = { subject, data, asker: { identity, from }, id, outgoing, entering };
      const wantsProgress = incoming.headers.accept?.includes(jsonLines) && operation?.progress !== noProgress;
      if (!wantsProgress) return json(await calls.run(call), id);
      const lines = await progressLines({
        run: (progress) => calls.run({ ...call, progress }),
        id,
        queuedBytes: limits.queuedBytes,
      });
      return new Response(lines, { headers: answerHeaders(id, jsonLines) });
    } finally {
      entering.leave();
    }
  });
  app.notFound(({ env }) => answer(nothingThere(env.incoming), env.id));
  app.onError((error, { env }) => {
    if (!(error instanceof ZedopsError)) log.error({ id: env.id, from: env.from, error }, 'a request failed');
    return answer(error, env.id);
  });

  return (fromOf) => (incoming, outgoing) => {
    const bindings = { incoming, outgoing, from: fromOf(incoming), id: requestId(incoming) };
    incoming.headers.host = ownHost;
    const listener = getRequestListener((request) => app.fetch(request, bindings), {
      overrideGlobalObjects: false,
      errorHandler: (error) => {
        const { id, from } = bindings;
        if (error instanceof Error && error.name === 'RequestError') return answer(nothingThere(incoming), id);
        log.error({ id, from, error: error instanceof Error ? error : undefined }, 'a request failed');
        return answer(error, id);
      },
    });
    void listener(incoming, outgoing);
  };
}

function json(value: unknown, id: string, status = 200): Response {
  return new Response(JSON.stringify(value ?? null), { status, headers: answerHeaders(id) });
}

function answer(error: unknown, id: string): Response {
  const { status, headers, body } = errorAnswer(error, id);
  return new Response(body, { status, headers });
}

function nothingThere({ method, url }: IncomingMessage): ZedopsError {
  return new ZedopsError('NOT_FOUND', `There is nothing at ${method} ${url?.slice(0, 100)}`, {
    hint: 'operations are POST /v1/<subject>; GET /openapi.json describes them',
  });
}
