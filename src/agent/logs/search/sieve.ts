/**
 * The program of the thread that looks through lines: a pattern may take for ever, and then only this thread is ended.
 * It is told once what to look for, and answers each batch with the lines that pass.
 */
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { LogBatch, linesOf } from '../../../protocol/entities/log.ts';
import { type FoundLine, LogWish } from '../../../protocol/entities/log-search.ts';
import { createLogFilter, readLogPattern } from '../../../zomboid/console/log-filter.ts';
import { createGameLogFilter } from '../../../zomboid/game-log/log-filter.ts';
import { FilePiece, siftFilePiece } from './file-piece.ts';
import { foundLine } from './found-line.ts';

/** What the thread is told. `until`: RFC 3339 with nine decimals, as engines write it. */
const SieveOrder = z.object({ wish: LogWish, until: z.string().optional() });

const {
  wish: { pattern, ...wish },
  until,
} = SieveOrder.parse(workerData);
const read = pattern === undefined ? undefined : readLogPattern(pattern);
const options = { ...wish, pattern: read !== undefined && 'pattern' in read ? read.pattern : undefined };
const passes = createLogFilter(options);
const passesInFile = createGameLogFilter(options);
const port = parentPort;

function siftBatch(batch: LogBatch) {
  const found: FoundLine[] = [];
  let isPast = false;
  for (const line of linesOf(batch)) {
    isPast = until !== undefined && line.time > until;
    if (isPast) break;
    const record = passes(line.text, line.seq);
    if (record) found.push(foundLine(line, record));
  }
  return { found, isPast };
}

port?.on('message', (message: unknown) => {
  const piece = z.discriminatedUnion('kind', [LogBatch, FilePiece]).parse(message);
  port.postMessage(piece.kind === 'lines' ? siftBatch(piece) : siftFilePiece(piece, passesInFile));
});
