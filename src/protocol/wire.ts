/** Why a wire ended. Codes below 4000 are the WebSocket protocol's own. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** What a wire tells the one who listens to it. */
export interface WireEvents {
  frame(text: string): void;
  /** The bytes handed to {@link Wire.send} have left this process; writing may go on. */
  drained(): void;
  /** Called exactly once, also for a close this side asked for. */
  closed(reason: CloseReason): void;
}

/** One frame for many wires: what one of them makes of it to write it, the others of its kind write again. */
export interface SharedFrame {
  readonly payload: Buffer;
  /** The payload as a WebSocket of a server sends it; made by the first that does. */
  wrapped?: Buffer;
}

/** A two-way path for frames: a WebSocket, or a pair of arrays in tests and in single-process mode. */
export interface Wire {
  /** Sends one frame. After the wire closed it does nothing. */
  send(frame: string | SharedFrame): void;
  /** Bytes accepted by {@link send} that have not left this process yet. */
  buffered(): number;
  close(code: number, reason: string): void;
  /** May be called once; frames that came before are delivered then. */
  listen(events: WireEvents): void;
}

/** Close codes that both sides know. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  badFrame: 4400,
  /** The manager rejected this identity for good: an agent exits with 78, a person signs in again. */
  rejected: 4403,
  unanswered: 4408,
  /** A newer connection of the same identity took this one's place. */
  replaced: 4409,
} as const;

/** Makes two wires that end in each other. Frames arrive in order, each in a later microtask than it was sent. */
export function createWirePair(): readonly [Wire, Wire] {
  const left = createEnd();
  const right = createEnd();
  left.join(right);
  right.join(left);
  return [left.wire, right.wire];
}

interface End {
  readonly wire: Wire;
  join(other: End): void;
  deliver(text: string): void;
  end(reason: CloseReason): void;
}

function createEnd(): End {
  let other: End | undefined;
  let events: WireEvents | undefined;
  let ended: CloseReason | undefined;
  let early: string[] = [];
  const end = (reason: CloseReason): void => {
    if (ended) return;
    ended = reason;
    events?.closed(reason);
  };
  return {
    join(peer) {
      other = peer;
    },
    deliver(text) {
      if (ended) return;
      if (events) events.frame(text);
      else early.push(text);
    },
    end,
    wire: {
      send(frame) {
        if (ended) return;
        const text = typeof frame === 'string' ? frame : frame.payload.toString('utf8');
        queueMicrotask(() => other?.deliver(text));
      },
      buffered: () => 0,
      close(code, reason) {
        const why = { code, reason };
        end(why);
        queueMicrotask(() => other?.end(why));
      },
      listen(listener) {
        const endedBefore = ended;
        events = listener;
        const waiting = early;
        early = [];
        for (const text of waiting) {
          // What the listener makes of one frame may end the wire, and then it hears no more.
          if (ended !== endedBefore) return;
          listener.frame(text);
        }
        if (endedBefore) listener.closed(endedBefore);
      },
    },
  };
}
