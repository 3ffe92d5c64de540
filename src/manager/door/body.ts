import type { IncomingMessage } from 'node:http';
import { ZedopsError } from '../../protocol/errors.ts';
import { isTooDeep } from '../../protocol/frame.ts';

/**
 * Reads a request's body as JSON: UTF-8, said to be JSON, not compressed, and at most `mostBytes` long.
 * @throws ZedopsError INVALID_INPUT, or CANCELLED where it broke off.
 */
export async function readJsonBody(incoming: IncomingMessage, mostBytes: number): Promise<unknown> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = incoming.headers;
  if (!/^application\/json *(; *charset="?utf-8"? *)?$/i.test(type)) {
    throw new ZedopsError('INVALID_INPUT', 'The body has to be JSON, with the content type application/json');
  }
  if (encoding !== 'identity') throw new ZedopsError('INVALID_INPUT', 'The body may not be compressed');
  const bytes = await readBytes(incoming, mostBytes);
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new ZedopsError('INVALID_INPUT', 'The body is not JSON in UTF-8', { cause });
  }
  if (isTooDeep(value)) throw new ZedopsError('INVALID_INPUT', 'The body is nested too deeply');
  return value;
}

function readBytes(incoming: IncomingMessage, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      incoming.off('data', take);
      incoming.pause();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= mostBytes) {
        chunks.push(chunk);
        return;
      }
      stop();
      reject(tooLong(mostBytes));
    };
    const breakOff = (): void => {
      reject(new ZedopsError('CANCELLED', 'The request broke off before its body was whole'));
    };
    if (Number(incoming.headers['content-length'] ?? 0) > mostBytes) {
      reject(tooLong(mostBytes));
      return;
    }
    incoming.on('data', take);
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('error', breakOff);
    incoming.once('close', breakOff);
  });
}

function tooLong(mostBytes: number): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `The body is longer than the ${mostBytes / 1024} KiB it may have`);
}
