/** What becomes of the lines that are typed into the game's console. */
export interface StdinHandlers {
  readonly line: (text: string) => void;
  readonly end: () => void;
}

const longestLine = 8 * 1024;

/** Reads lines from a stream until taken back. A line that is too long is dropped. */
export function readStdin(stdin: NodeJS.ReadableStream, { line, end }: StdinHandlers): () => void {
  let rest = '';
  const onData = (piece: Buffer | string): void => {
    const lines = (rest + piece.toString()).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) rest = '';
    for (const text of lines) if (text.length <= longestLine) line(text.replace(/\r$/, ''));
  };
  // A console that breaks is a console that ended.
  const onError = (): void => end();
  stdin.on('data', onData);
  stdin.once('end', end);
  stdin.on('error', onError);
  return () => {
    stdin.off('data', onData);
    stdin.off('end', end);
    stdin.off('error', onError);
    stdin.pause();
  };
}
