import type { Duplex } from 'node:stream';
import { systemErrorCode } from '../../platform/atomic-file.ts';
import type { Clock } from '../../platform/clock.ts';
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
  /** Told what worked; undefined where it does not work any more. */
  readonly onWay: (way: RconWay | undefined) => void;
  /** Connects to an address of the network. */
  readonly connect?: (...asked: Parameters<typeof dialRcon>) => Promise<Duplex>;
}

/** A container is on this very host: whoever does not answer at once is not reached. */
const nearMs = 2_000;

/** Makes the ways to one run of a game; nothing is tried yet. */
export function createRconWays(deps: RconWaysDeps): RconWays {
  const { runtime, clock, container, port, onWay, connect = dialRcon } = deps;
  const { address, loopbackPorts = [] } = container;
  let chosen = deps.known;

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
  const all: readonly RconWay[] = ['address', 'published-port', 'exec'];

  return {
    async dial(signal) {
      const failures: ZedopsError[] = [];
      for (const way of chosen === undefined ? all : [chosen]) {
        for (const attempt of open[way]) {
          try {
            const stream = await attempt(signal);
            if (chosen !== way) onWay(way);
            chosen = way;
            return stream;
          } catch (error) {
            if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
            // The address was reached: the game does not listen yet, and no other way changes that.
            if (way === 'address' && systemErrorCode(error.cause) === 'ECONNREFUSED') throw error;
            failures.push(error);
          }
        }
      }
      if (chosen !== undefined) onWay(undefined);
      chosen = undefined;
      const [first, ...others] = failures;
      if (first && others.length === 0) throw first;
      const said =
        failures.map(({ message }) => message).join('; ') || 'the engine does not tell where the container is';
      throw new ZedopsError('UNREACHABLE', said, { cause: first });
    },
  };
}
