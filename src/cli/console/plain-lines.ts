import { StringDecoder } from 'node:string_decoder';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Io } from '../io.ts';

/** Characters that one line of a pipe may have; the game takes far fewer. */
const longestLine = 64 * 1024;

/**
 * The lines of a stream, one at a time, as they come. Ends with the stream or the signal.
 * @throws ZedopsError INVALID_INPUT for a line that is too long.
 */
export async function* plainLines({ stdin }: Pick<Io, 'stdin'>, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
      for (let at = rest.indexOf('\n'); at !== -1; at = rest.indexOf('\n')) {
        const line = rest.slice(0, at).replace(/\r$/, '');
        rest = rest.slice(at + 1);
        yield line;
        if (signal.aborted) return;
      }
      if (rest.length > longestLine)
        throw new ZedopsError('INVALID_INPUT', `A line has more than ${longestLine} letters`);
    }
    rest += decoder.end();
    if (rest !== '') yield rest;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
