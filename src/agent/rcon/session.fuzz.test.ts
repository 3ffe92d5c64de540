import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createPacketReader, encodePacket, packetTypes, type RconPacket } from '../../zomboid/rcon/rcon-packet.ts';
import { createRconSession } from './session.ts';

/** A server in memory that does nothing until it is told to, and clients' streams to it. */
function createPuppet() {
  const streams: Duplex[] = [];
  let waiting: RconPacket[] = [];
  return {
    streams,
    dial: async (): Promise<Duplex> => {
      waiting = [];
      const reader = createPacketReader({ maxBytes: 65_536 });
      const stream = new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _, done) {
          waiting.push(...reader.push(chunk).packets);
          done();
        },
      });
      streams.push(stream);
      return stream;
    },
    /** Sends bytes, cut into pieces of `size`. */
    say(bytes: Uint8Array, size: number): void {
      const stream = streams.at(-1);
      for (let at = 0; at < bytes.length && stream && !stream.destroyed; at += size) {
        stream.push(Buffer.from(bytes.subarray(at, at + size)));
      }
    },
    /** What the game would answer to all that has come. */
    answers(isRight: boolean): Buffer {
      const empty = (id: number, type: number = packetTypes.response): Buffer => encodePacket({ id, type, body: '' });
      const answers = waiting.splice(0).flatMap(({ id, type, body }) => {
        if (type === packetTypes.auth) return [empty(id), empty(isRight ? id : -1, packetTypes.authReply)];
        if (type === packetTypes.response) return [empty(id), empty(id)];
        return [encodePacket({ id, type: packetTypes.response, body })];
      });
      return Buffer.concat(answers);
    },
    hangUp: () => void streams.at(-1)?.destroy(),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), urgent: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), size: fc.integer({ min: 1, max: 40 }) }) },
  fc.record({ kind: fc.constant('refuse' as const) }),
  fc.record({ kind: fc.constant('hang up' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
);
const garbage = fc.record({ kind: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 64 }) });

type Action =
  | { readonly kind: 'ask'; readonly urgent: boolean }
  | { readonly kind: 'answer'; readonly size: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang up' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'garbage'; readonly bytes: Uint8Array };

async function play(actions: readonly Action[]) {
  const clock = createFakeClock(1_763_710_000_000);
  const puppet = createPuppet();
  const session = createRconSession({
    ...{ name: 'alpha', password: 'secret', dial: puppet.dial, clock },
    onIdle: () => undefined,
  });
  const outcomes: { readonly asked: string; readonly answered?: string; readonly code?: string }[] = [];
  let asked = 0;
  const ask = (urgent: boolean): void => {
    const line = `servermsg "${asked}"`;
    asked += 1;
    session.command(line, { urgent }).then(
      ({ text }) => outcomes.push({ asked: line, answered: text }),
      (error: unknown) => {
        outcomes.push({ asked: line, code: error instanceof ZedopsError ? error.code : `a bug: ${String(error)}` });
      },
    );
  };
  for (const each of actions) {
    if (each.kind === 'ask') ask(each.urgent);
    else if (each.kind === 'answer') puppet.say(puppet.answers(true), each.size);
    else if (each.kind === 'refuse') puppet.say(puppet.answers(false), 7);
    else if (each.kind === 'garbage') puppet.say(each.bytes, 5);
    else if (each.kind === 'hang up') puppet.hangUp();
    else clock.advance(each.ms);
    await turn();
  }
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance(60_000);
    await turn();
  }
  const settledBefore = outcomes.length;
  session.close(new ZedopsError('CANCELLED', 'the test is over'));
  clock.advance(60_000);
  await turn();
  await turn();
  return { asked, outcomes, settledBefore, pending: clock.pending(), left: puppet.streams.filter((s) => !s.destroyed) };
}

test('whatever a server sends, each command ends once, and nothing is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(action, garbage), { maxLength: 40 }), async (actions) => {
      const { asked, outcomes, settledBefore, pending, left } = await play(actions);
      expect(settledBefore).toBe(asked);
      expect(outcomes).toHaveLength(asked);
      expect(outcomes.filter(({ code }) => code?.startsWith('a bug'))).toEqual([]);
      expect(left).toEqual([]);
      expect(pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('an answer belongs to its own command, however it is cut and whenever the connection breaks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const { outcomes } = await play(actions);
      for (const { asked, answered } of outcomes) if (answered !== undefined) expect(answered).toBe(asked);
    }),
    { numRuns: 300 },
  );
});

test('the puppet does answer', async () => {
  const answer = { kind: 'answer', size: 3 } as const;
  const { outcomes } = await play([{ kind: 'ask', urgent: false }, answer, answer, answer]);
  expect(outcomes).toEqual([{ asked: 'servermsg "0"', answered: 'servermsg "0"' }]);
});
