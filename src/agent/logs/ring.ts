import { batchAfter, type LogBatch } from '../../protocol/entities/log.ts';

/** The newest lines of one server, in memory: what a reader who keeps up is served from. */
export interface LogRing {
  /** Number of the oldest line held; one past the newest where none is. */
  first(): number;
  /** Number the next line will get. */
  next(): number;
  /** Adds lines under the next numbers, or under later ones after a hole. Drops the oldest beyond the limits. */
  push(batch: LogBatch): void;
  /** Lines from number `from` on, as one batch of bounded size; undefined where there are none, or they were dropped. */
  from(number: number): LogBatch | undefined;
}

/** How much a ring holds. */
export interface RingLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
}

const largestBatchBytes = 256 * 1024;

/** Makes an empty ring whose first line will have the number `next`. */
export function createLogRing(next: number, limits: RingLimits): LogRing {
  let batches: LogBatch[] = [];
  let bytes = 0;
  let lines = 0;
  let nextNumber = next;

  const firstNumber = (): number => batches[0]?.first ?? nextNumber;

  const dropOldest = (): void => {
    let dropped = 0;
    while (dropped < batches.length - 1 && (bytes > limits.maxBytes || lines > limits.maxLines)) {
      const oldest = batches[dropped];
      if (!oldest) break;
      bytes -= oldest.text.length;
      lines -= oldest.count;
      dropped += 1;
    }
    if (dropped > 0) batches = batches.slice(dropped);
  };

  return {
    first: firstNumber,
    next: () => nextNumber,
    push(batch) {
      batches.push(batch);
      bytes += batch.text.length;
      lines += batch.count;
      nextNumber = batch.first + batch.count;
      dropOldest();
    },
    from(number) {
      if (number < firstNumber() || number >= nextNumber) return undefined;
      const start = batches.findIndex((batch) => batch.first + batch.count > number);
      const head = batches[start];
      const cut = head === undefined ? undefined : batchAfter(head, number - 1);
      if (!cut) return undefined;
      // A hole in the numbers ends the batch: lines of one batch are consecutive.
      const texts = [cut.text];
      let { count } = cut;
      let size = cut.text.length;
      for (const batch of batches.slice(start + 1)) {
        if (batch.first !== cut.first + count || size + batch.text.length > largestBatchBytes) break;
        texts.push(batch.text);
        count += batch.count;
        size += batch.text.length;
      }
      return { ...cut, count, text: texts.length === 1 ? cut.text : texts.join('\n') };
    },
  };
}
