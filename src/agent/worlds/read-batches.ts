import { batch, batchCost } from '../../protocol/entities/relocation.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** A file of a world on another host, and how many bytes to read from its beginning. */
export interface Piece {
  readonly path: string;
  readonly length: number;
}

/** Reads many files at once, in their order; undefined for one that is not there. */
export type ReadMany = (files: readonly Piece[]) => Promise<readonly (Buffer | undefined)[]>;

interface Waiting {
  readonly piece: Piece;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/** One is being read by the other host while the one before it is written here. */
const askedAtOnce = 2;

/**
 * Makes what reads small files of a distant world together. Whatever waits while others are on their way goes with the
 * next request, so that a world of many small files does not take a round trip for each of them; nothing waits for a timer.
 * What it makes rejects with NOT_FOUND for a file that is not there.
 */
export function createReadBatches(readMany: ReadMany): (piece: Piece) => Promise<Buffer> {
  const waiting: Waiting[] = [];
  let asked = 0;
  const next = (): Waiting[] => {
    let cost = 0;
    const fits = waiting.findIndex(({ piece }, index) => {
      cost += batchCost(piece);
      return index === batch.files || cost > batch.bytes;
    });
    return waiting.splice(0, fits === -1 ? waiting.length : fits);
  };
  const ask = async (pieces: readonly Waiting[]): Promise<void> => {
    try {
      const parts = await readMany(pieces.map(({ piece }) => piece));
      for (const [index, { piece, resolve, reject }] of pieces.entries()) {
        const part = parts[index];
        if (part) resolve(part);
        else reject(new ZedopsError('NOT_FOUND', `${piece.path} is no file of the world any more`));
      }
    } catch (error) {
      for (const { reject } of pieces) reject(error);
    }
    asked -= 1;
    askOn();
  };
  const askOn = (): void => {
    while (asked < askedAtOnce && waiting.length > 0) {
      asked += 1;
      void ask(next());
    }
  };
  return (piece) =>
    new Promise((resolve, reject) => {
      waiting.push({ piece, resolve, reject });
      askOn();
    });
}
