import { type Clock, pause } from '../../platform/clock.ts';
import type { Slots } from '../../platform/slots.ts';
import { batchAfter, type LogCursor, type LogItem } from '../../protocol/entities/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { LogReader, Seat } from './fan-out.ts';
import { type LogRead, type LogSource, mayPass } from './log-source.ts';

/** What reading the past for one viewer needs. */
export interface PastReading {
  readonly source: LogSource;
  readonly reader: LogReader;
  readonly signal: AbortSignal;
  /** Reads of one host under way at once. */
  readonly slots: Slots;
  /** Bytes that may wait for the viewer; then reading pauses. */
  readonly viewerBytes: number;
  /** True for a viewer who waits for a host that is away. */
  readonly isPatient: boolean;
}

/**
 * Reads the past for one viewer, as fast as the viewer takes it; resolves with where it ended. A read that has to pause
 * is ended and begun again after the last line: nothing piles up, and nothing is lost.
 */
export async function readPast(request: LogRead, reading: PastReading): Promise<LogCursor> {
  const { source, reader, signal, slots, viewerBytes, isPatient } = reading;
  let at = request.after;
  const give = (item: LogItem): void => {
    if (item.kind === 'notice') return;
    const rest = item.kind === 'lines' && at?.stream === item.stream ? batchAfter(item, at.seq) : item;
    if (!rest) return;
    reader.send(rest);
    at = { stream: rest.stream, seq: rest.kind === 'lines' ? rest.first + rest.count - 1 : rest.through };
  };
  for (;;) {
    if (signal.aborted) throw left();
    while (reader.buffered() > viewerBytes && !signal.aborted) await reader.drained();
    const hold = new AbortController();
    const leaveSlot = await slots.take(signal);
    try {
      const wanted: LogRead = at === undefined ? request : { follow: false, after: at };
      const end = await source.read(
        { ...wanted, follow: false },
        (item) => {
          if (hold.signal.aborted) return;
          give(item);
          if (reader.buffered() > viewerBytes) hold.abort();
        },
        AbortSignal.any([signal, hold.signal]),
      );
      return at?.stream === end.stream && at.seq > end.seq ? at : end;
    } catch (error) {
      if (signal.aborted) throw left();
      if (!hold.signal.aborted && !(isPatient && mayPass(error))) throw error;
    } finally {
      leaveSlot();
    }
    if (!hold.signal.aborted) await source.there(signal);
  }
}

/** Rounds in which a viewer may try to catch up with a log that grows faster than it is read. */
const mostRounds = 16;
const elsewhereMs = 250;

/** Gives a viewer the past it asked for, and hands it over to the feed where the two meet. */
export async function catchUp(request: LogRead, seat: Seat, reading: PastReading, clock: Clock): Promise<void> {
  const place = seat.placeOf(request);
  if (place && seat.join(place) === 'joined') return;
  let cursor = await readPast(request, reading);
  for (let round = 1; ; round += 1) {
    const outcome = seat.join(cursor);
    if (outcome === 'joined') return;
    if (outcome === 'behind' && round > mostRounds) {
      seat.joinWithGap(cursor);
      return;
    }
    // The feed hears of a new numbering from the same host, only a little later or earlier than this read did.
    if (outcome === 'elsewhere') await pause(clock, elsewhereMs, reading.signal);
    cursor = await readPast({ follow: false, after: cursor }, reading);
  }
}

function left(): ZedopsError {
  return new ZedopsError('CANCELLED', 'The viewer has left');
}
