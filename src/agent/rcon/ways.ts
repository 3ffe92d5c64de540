import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { RconWay } from '../../protocol/entities/rcon-link.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Runtime, RuntimeContainer } from '../runtime/runtime.ts';
import { dialRcon } from './dial.ts';
import { openRelay } from './relay.ts';

/** What leads from this host to the remote console of one run of a game. */
export interface RconWays {
  /**
   * Opens a stream to it: by the container's address, or else by a port that is published on this host's loopback
   * address, or else through a program run in the container. What worked is tried alone the next time.
   * @throws ZedopsError UNREACHABLE with what each way came to, CANCELLED when the signal aborts.
   */
  dial(signal: AbortSignal): Promise<Duplex>;
  /**
   * Says whether the game answered on the stream that was opened last. An engine takes a connection to a published port
   * also where nothing listens behind it: a way that was not answered on is followed by the next one.
   */
  answered(isAnswered: boolean): void;
}

/** What {@link createRconWays} is made of. */
export interface RconWaysDeps {
  readonly runtime: Pick<Runtime, 'kind' | 'pipe'>;
  readonly clock: Clock;
  /** The running container. */
  readonly container: Pick<RuntimeContainer, 'id' | 'address' | 'loopbackPorts'>;
  /** Where the game listens inside of it. */
  readonly port: number;
  /** What worked before for the same run. */
  readonly known?: RconWay | undefined;
  /** Whether the game has been ready for long enough that its console should listen by now. */
  readonly saysListening: () => boolean;
  /** Told what worked; undefined where it does not work any more. */
  readonly onWay: (way: RconWay | undefined) => void;
  /** Connects to an address of the network. */
  readonly connect?: (...asked: Parameters<typeof dialRcon>) => Promise<Duplex>;
}

/** A container is on this very host: whoever does not answer at once is not reached. */
const nearMs = 2_000;
/**
 * A game that starts refuses until it listens, and its own word for that may be missing: only after so long, and once in
 * so long, a refusal is taken for one by a game that listens at 127.0.0.1 inside of its container alone.
 */
const refusedMs = 60_000;
const all: readonly RconWay[] = ['address', 'published-port', 'exec'];

/** Makes the ways to one run of a game; nothing is tried yet. */
export function createRconWays(deps: RconWaysDeps): RconWays {
  const { runtime, clock, container, port, saysListening, onWay, connect = dialRcon } = deps;
  const { address, loopbackPorts = [] } = container;
  /** The way on which the game has answered. */
  let chosen = deps.known;
  /** The way of a stream on which it has not yet. */
  let opened: RconWay | undefined;
  /** Where the next round begins. */
  let first = 0;
  let refusedSince: number | undefined;

  const open: Record<RconWay, ((signal: AbortSignal) => Promise<Duplex>)[]> = {
    address:
      address === undefined ? [] : [(signal) => connect({ host: address, port }, clock, signal, { timeoutMs: nearMs })],
    'published-port': loopbackPorts
      .filter(({ inside }) => inside === port)
      .map((published) => (signal) => connect(published, clock, signal, { timeoutMs: nearMs })),
    exec:
      runtime.kind === 'docker'
        ? [async (signal) => (await openRelay({ runtime, clock }, container.id, port, signal)).stream]
        : [],
  };

  const beginAnew = (): void => {
    first = 0;
    refusedSince = undefined;
  };
  /** Whether nothing listens at the address that was reached, and no other way would change that. */
  const isStarting = (): boolean => {
    const now = clock.steady();
    refusedSince ??= now;
    return !saysListening() && now - refusedSince < refusedMs;
  };

  return {
    async dial(signal) {
      opened = undefined;
      const failures: ZedopsError[] = [];
      const round = [...all.slice(first), ...all.slice(0, first)];
      for (const way of chosen === undefined ? round : [chosen]) {
        for (const attempt of open[way]) {
          try {
            const stream = await attempt(signal);
            opened = way;
            return stream;
          } catch (error) {
            if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
            const isRefused = way === 'address' && systemErrorCode(error.cause) === 'ECONNREFUSED';
            if (isRefused && isStarting()) throw error;
            failures.push(error);
          }
        }
      }
      if (chosen !== undefined) onWay(undefined);
      chosen = undefined;
      beginAnew();
      const [only, ...others] = failures;
      if (only && others.length === 0) throw only;
      const said =
        failures.map(({ message }) => message).join('; ') || 'the engine does not tell where the container is';
      throw new ZedopsError('UNREACHABLE', said, { cause: only });
    },
    answered(isAnswered) {
      const way = opened;
      opened = undefined;
      if (way === undefined) return;
      if (isAnswered) {
        if (chosen !== way) onWay(way);
        chosen = way;
        beginAnew();
        return;
      }
      // One that has led to the game before leads there again: it only had no room, or went down.
      if (chosen !== undefined) return;
      first = (all.indexOf(way) + 1) % all.length;
      if (first === 0) beginAnew();
    },
  };
}
