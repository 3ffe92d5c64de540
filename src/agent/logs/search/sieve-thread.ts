import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { Clock } from '../../../platform/clock.ts';
import type { LogBatch } from '../../../protocol/entities/log.ts';
import { FoundLine, type LogWish } from '../../../protocol/entities/log-search.ts';
import { ZedopsError } from '../../../protocol/errors.ts';
import { type FilePiece, SiftedPiece } from './file-piece.ts';

/** A thread that looks through lines, so that no pattern keeps the agent from its work. */
export interface SieveThread {
  /**
   * The lines of a batch that pass, and whether one after `until` has come. One batch at a time, in order.
   * @throws ZedopsError INVALID_INPUT where it takes too long, CANCELLED with the signal.
   */
  sift(batch: LogBatch): Promise<SieveAnswer>;
  /** The lines of a piece of a file that pass; as {@link sift}, and never while that is under way. */
  siftFile(piece: FilePiece): Promise<SiftedPiece>;
  /** Ends the thread, whatever it does. */
  close(): Promise<void>;
}

const SieveAnswer = z.object({ found: z.array(FoundLine), isPast: z.boolean() });
/** What became of one batch. */
export type SieveAnswer = z.infer<typeof SieveAnswer>;

/** What {@link startSieve} needs. */
export interface SieveOptions {
  readonly wish: LogWish;
  /** RFC 3339 with nine decimals. */
  readonly until?: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The folder of the package, below which the thread's program is. */
  readonly packageRoot: string;
}

/** A batch of 256 KiB takes some 10 ms; a pattern that needs this long for one will not end. */
const longestMs = 5_000;

/** Starts a thread for one search. */
export function startSieve({ wish, until, clock, signal, packageRoot }: SieveOptions): SieveThread {
  const isSource = import.meta.filename.endsWith('.ts');
  const program = join(packageRoot, isSource ? 'src/agent/logs/search/sieve.ts' : 'dist/agent/sieve.js');
  const worker = new Worker(program, {
    workerData: { wish, until },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  let settle: { resolve(answer: unknown): void; reject(error: unknown): void } | undefined;
  let ended: ZedopsError | undefined;

  const fail = (error: ZedopsError): void => {
    ended ??= error;
    settle?.reject(ended);
    settle = undefined;
    void worker.terminate();
  };
  const cancel = (): void => fail(new ZedopsError('CANCELLED', 'The search was cancelled'));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  worker.on('message', (message: unknown) => {
    settle?.resolve(message);
    settle = undefined;
  });
  worker.on('error', (cause) => fail(new ZedopsError('INTERNAL', 'The thread of a search has failed', { cause })));
  worker.on('exit', () => fail(new ZedopsError('INTERNAL', 'The thread of a search has ended')));

  const ask = (message: LogBatch | FilePiece): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const stop = clock.after(longestMs, () => fail(tooSlow(wish.pattern)));
      settle = {
        resolve(answer) {
          stop();
          resolve(answer);
        },
        reject(error) {
          stop();
          reject(error);
        },
      };
      worker.postMessage(message);
    });
  };

  return {
    sift: async (batch) => SieveAnswer.parse(await ask(batch)),
    siftFile: async (piece) => SiftedPiece.parse(await ask(piece)),
    async close() {
      signal.removeEventListener('abort', cancel);
      ended ??= new ZedopsError('CANCELLED', 'The search is over');
      await worker.terminate();
    },
  };
}

function tooSlow(pattern: string | undefined): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `The pattern ${pattern ?? ''} takes too long on some of these lines`, {
    hint: 'write it without repetitions inside repetitions, such as (a+)+',
  });
}
