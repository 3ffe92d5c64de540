import { StringDecoder } from 'node:string_decoder';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Context } from '../grammar/command.ts';
import type { Io } from '../io.ts';

/** Whether there is a person to ask. */
export function canAsk(io: Pick<Io, 'inIsTty' | 'errIsTty' | 'ask'>): boolean {
  return io.ask !== undefined || (io.inIsTty && io.errIsTty);
}

/**
 * Makes sure that something that cannot be undone is meant: `--yes`, or a person who says so.
 * @throws ZedopsError INVALID_INPUT where nobody can be asked; CANCELLED when they say no.
 */
export async function confirm(context: Pick<Context, 'io' | 'globals' | 'signal'>, question: string): Promise<void> {
  const { yes, yesTo } = context.globals;
  if (yesTo !== undefined) {
    throw new ZedopsError('INVALID_INPUT', `--yes=${yesTo}: this command takes a plain --yes`, { hint: 'say --yes' });
  }
  if (yes) return;
  if (!canAsk(context.io)) {
    throw new ZedopsError('INVALID_INPUT', `${question} Nobody can be asked here`, {
      hint: 'say --yes if it is meant',
    });
  }
  if (!(await askYesNo(context, question))) throw new ZedopsError('CANCELLED', 'Nothing was done');
}

/** So many things may be done with a plain yes. */
const mostWithPlainYes = 10;

/**
 * Makes sure that something that is done to `count` things is meant: `--yes`, or a person who says so; above ten of them
 * `--yes=COUNT`, or a person who types the number.
 * @throws ZedopsError INVALID_INPUT where nobody can be asked, or the number is another; CANCELLED when they say no.
 */
export async function confirmMany(
  context: Pick<Context, 'io' | 'globals' | 'signal'>,
  question: string,
  count: number,
): Promise<void> {
  const { yes, yesTo } = context.globals;
  const isPlain = count <= mostWithPlainYes;
  if (yesTo === String(count) || (yes && yesTo === undefined && isPlain)) return;
  const hint = `say --yes${isPlain ? '' : `=${count}`} if it is meant`;
  if (yesTo !== undefined)
    throw new ZedopsError('INVALID_INPUT', `${question} --yes=${yesTo} says otherwise`, { hint });
  if (yes) throw new ZedopsError('INVALID_INPUT', `${question} That is too many for a plain --yes`, { hint });
  if (!canAsk(context.io)) throw new ZedopsError('INVALID_INPUT', `${question} Nobody can be asked here`, { hint });
  const isMeant = isPlain
    ? await askYesNo(context, question)
    : (await askLine(context, `${question} Type their number to go on: `)).trim() === String(count);
  if (!isMeant) throw new ZedopsError('CANCELLED', 'Nothing was done');
}

/** Asks a question that is answered with yes or no; anything but yes is no. */
export async function askYesNo({ io, signal }: Pick<Context, 'io' | 'signal'>, question: string): Promise<boolean> {
  const answer = await ask(io, `${question} [y/N] `, true, signal);
  return /^y(es)?$/i.test(answer.trim());
}

/** Asks for a line that shows while it is typed. */
export function askLine({ io, signal }: Pick<Context, 'io' | 'signal'>, question: string): Promise<string> {
  return ask(io, question, true, signal);
}

/** Asks for a password, which does not show. */
export function askPassword({ io, signal }: Pick<Context, 'io' | 'signal'>, question: string): Promise<string> {
  return ask(io, question, false, signal);
}

/** Asks for a password to be, twice. @throws ZedopsError INVALID_INPUT when the two differ. */
export async function askNewPassword(context: Pick<Context, 'io' | 'signal'>, question: string): Promise<string> {
  const first = await askPassword(context, `${question} (at least 12 characters): `);
  if (first === (await askPassword(context, 'The same again: '))) return first;
  throw new ZedopsError('INVALID_INPUT', 'The two passwords differ');
}

/** Reads the first line of stdin, without its line feed: how scripts hand over a secret. */
export async function readSecretLine({ stdin }: Pick<Io, 'stdin'>, what: string): Promise<string> {
  const line = (await readAll(stdin, 64 * 1024)).split(/\r?\n/)[0] ?? '';
  if (line !== '') return line;
  throw new ZedopsError('INVALID_INPUT', `Stdin holds no ${what}`, { hint: `printf '%s\\n' "$SECRET" | zedops …` });
}

/** Reads a stream to its end as text. @throws ZedopsError INVALID_INPUT past `mostBytes`. */
export async function readAll(stream: Io['stdin'], mostBytes: number): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  let size = 0;
  for await (const chunk of stream) {
    const piece: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += piece.length;
    if (size > mostBytes) throw new ZedopsError('INVALID_INPUT', `Stdin holds more than ${mostBytes / 1024} KiB`);
    text += decoder.write(piece);
  }
  return text + decoder.end();
}

const longestAnswer = 4096;

/** Reads one line from the keyboard. Without echo the terminal is in raw mode, so keys that edit are handled here. */
function ask(io: Io, question: string, hasEcho: boolean, signal: AbortSignal): Promise<string> {
  if (io.ask) return io.ask(question, hasEcho);
  const { stdin, stderr } = io;
  // Before the question, so that not even a quick first letter shows.
  if (!hasEcho) io.setEcho(false);
  stderr.write(question);
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8');
    let answer = '';
    const end = (): void => {
      stdin.off('data', read);
      stdin.off('end', close);
      signal.removeEventListener('abort', abort);
      stdin.pause();
      if (!hasEcho) {
        io.setEcho(true);
        stderr.write('\n');
      }
    };
    const close = (): void => {
      end();
      reject(new ZedopsError('INVALID_INPUT', 'The question was not answered'));
    };
    const abort = (): void => {
      end();
      reject(new ZedopsError('CANCELLED', 'Interrupted'));
    };
    const read = (chunk: Buffer | string): void => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
      let at = 0;
      for (const letter of text) {
        at += letter.length;
        if (letter === '\n' || letter === '\r') {
          end();
          // What was typed ahead, or pasted, answers the next question.
          const rest = text.slice(letter === '\r' && text[at] === '\n' ? at + 1 : at);
          if (rest !== '') stdin.unshift(Buffer.from(rest));
          resolve(answer);
          return;
        }
        if (letter === '\u0003' || letter === '\u0004') {
          abort();
          return;
        }
        if (letter === '\u007f' || letter === '\b') answer = [...answer].slice(0, -1).join('');
        else if (answer.length < longestAnswer) answer += letter;
      }
    };
    stdin.on('data', read);
    stdin.on('end', close);
    signal.addEventListener('abort', abort, { once: true });
    stdin.resume();
    if (signal.aborted) abort();
  });
}
