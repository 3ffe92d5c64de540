import type { Clock } from '../platform/clock.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { createPeer, type Incoming, type Peer } from '../protocol/peer.ts';
import { createWirePair } from '../protocol/wire.ts';
import type { ManagerClient } from './connect/manager-client.ts';
import { createSession } from './connect/session.ts';

/** One request the fake was asked, and how. */
export interface FakeRequest {
  readonly subject: string;
  readonly data: unknown;
  readonly id: string;
  readonly signal: AbortSignal;
  progress(data: unknown): void;
}

/** A manager that a test answers for. */
export interface FakeManager extends ManagerClient {
  readonly asked: FakeRequest[];
  /** Connections that stand. */
  readonly peers: Peer[];
  /** Cuts every connection, as a manager does that is killed. */
  cut(code?: number, reason?: string): void;
  /** While true, nobody can connect. */
  isDown: boolean;
}

/** How a test answers one operation; what it throws travels as an error. */
export type FakeAnswer = (request: FakeRequest) => unknown;

/** Makes a manager over wire pairs: the real session and peer on this side, the test's answers on the other. */
export function createFakeManager(answers: Readonly<Record<string, FakeAnswer>>, clock: Clock): FakeManager {
  const serve = async (incoming: FakeRequest): Promise<unknown> => {
    fake.asked.push(incoming);
    const answer = answers[incoming.subject];
    if (!answer) throw new ZedopsError('UNSUPPORTED', `The fake has no answer to ${incoming.subject}`);
    return answer(incoming);
  };
  const fake: FakeManager = {
    name: 'https://manager.example:8443',
    isLocal: false,
    asked: [],
    peers: [],
    isDown: false,
    cut(code = 1006, reason = 'killed') {
      for (const peer of fake.peers.splice(0)) peer.close(code, reason);
    },
    async call(operation, data, signal = new AbortController().signal) {
      const request = { subject: operation.subject, data, id: 'call', signal, progress: () => undefined };
      return operation.reply.parse(await serve(request));
    },
    async open() {
      if (fake.isDown) throw new ZedopsError('UNREACHABLE', 'The manager cannot be reached: nothing listens there');
      const [ours, theirs] = createWirePair();
      fake.peers.push(createPeer({ wire: theirs, serve: (incoming: Incoming) => serve(incoming) }));
      return createSession(ours, clock);
    },
  };
  return fake;
}
