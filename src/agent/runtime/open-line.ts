/** A line of output that arrives in pieces. */
export interface OpenLine {
  /** Whether a piece has come since the last {@link close}. */
  isOpen(): boolean;
  /** Adds a piece, by copy: the memory of a read may be used again. */
  extend(piece: Buffer): void;
  /** Takes the line as far as it came. */
  close(): Buffer;
}

/** No console line of the game is near this; what a broken mod prints must not fill memory. */
const longestLineBytes = 256 * 1024;

/** Makes a gatherer of one line at a time. Of a line past 256 KiB the rest is dropped, and the line says so. */
export function createOpenLine(): OpenLine {
  let parts: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  let isOpen = false;
  return {
    isOpen: () => isOpen,
    extend(piece) {
      isOpen = true;
      const room = Math.min(longestLineBytes - kept, piece.length);
      if (room > 0) parts.push(Buffer.from(piece.subarray(0, room)));
      kept += room;
      dropped += piece.length - room;
    },
    close() {
      if (dropped > 0) parts.push(Buffer.from(` … (${dropped} more bytes of this line were dropped)`));
      const line = Buffer.concat(parts);
      parts = [];
      kept = 0;
      dropped = 0;
      isOpen = false;
      return line;
    },
  };
}
