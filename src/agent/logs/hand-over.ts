import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { type HandedLog, mostLogPieces } from '../../protocol/entities/relocation.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { parseSegmentName } from './archive/segment.ts';
import type { LogKeeper } from './follow.ts';

/** What a host gives away of a server's log when the server goes to another one. */
export interface LogHandOver {
  /**
   * Lists the closed pieces of its archive. The last time, when nothing is added any more, all of it is closed first, and
   * its numbers are the other host's from then on.
   */
  list(server: DesiredServer, isLast: boolean): Promise<HandedLog>;
  /** A part of a piece; fewer bytes where it ends. @throws ZedopsError NOT_FOUND for one that is not there any more. */
  read(server: DesiredServer, name: string, offset: number, length: number): Promise<Buffer>;
}

/** Makes what gives logs away. */
export function createLogHandOver(logs: Pick<LogKeeper, 'sealed' | 'placeOf'>): LogHandOver {
  return {
    async list(server, isLast) {
      const { numbering, archive } = await logs.sealed(server, isLast);
      if (isLast) await numbering.lend();
      const { stream } = numbering;
      return {
        stream,
        next: numbering.next(),
        holes: [...numbering.holes()],
        pieces: archive.files(stream).slice(-mostLogPieces),
      };
    },
    async read({ id }, name, offset, length) {
      if (!parseSegmentName(name)) throw new ZedopsError('FORBIDDEN', `${JSON.stringify(name)} is no piece of a log`);
      try {
        const file = await open(join(logs.placeOf(id).archive, name), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
          const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
          return buffer.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      } catch (cause) {
        if (!isMissing(cause)) throw cause;
        throw new ZedopsError('NOT_FOUND', `${name} is no piece of the log any more`, { cause });
      }
    },
  };
}
