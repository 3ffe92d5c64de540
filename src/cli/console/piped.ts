import { ZedopsError } from '../../protocol/errors.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import type { Context } from '../grammar/command.ts';
import { tellFailure } from '../output/failure.ts';
import { jsonText, plain } from '../output/talk.ts';
import { plainLines } from './plain-lines.ts';
import { answerRecord, sendLine } from './send-line.ts';

/** Which server, and how long to wait for each answer. */
interface PipedTarget {
  readonly server: string;
  readonly seconds: number | undefined;
}

/**
 * Runs each line of stdin, one after the other, empty ones and those that begin with `#` left out. Also what a terminal
 * without control sequences gets: `prompt` is then shown before each line.
 * @returns the exit code of the first that failed, else 0.
 */
export async function runPiped({ server, seconds }: PipedTarget, context: Context, prompt = ''): Promise<number> {
  const { io, globals, signal, talk } = context;
  const manager = await context.manager();
  let exitCode = 0;
  const ask = (): void => void (prompt === '' || io.stderr.write(prompt));
  ask();
  for await (const raw of plainLines(io, signal)) {
    const line = raw.trim();
    if (line !== '' && !line.startsWith('#')) {
      try {
        refuseUnconfirmed(line, context);
        const answer = await sendLine(manager, { server, name: server, line, seconds }, signal);
        if (answer.failure) throw answer.failure;
        if (globals.json) io.stdout.write(`${jsonText(answerRecord(server, redactCommand(line), answer))}\n`);
        else talk.show(answer, () => plain(answer.text));
      } catch (error) {
        if (signal.aborted) throw error;
        const code = tellFailure(error, io, globals.json);
        if (exitCode === 0) exitCode = code;
      }
    }
    ask();
  }
  if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  return exitCode;
}

/** Stdin holds commands here, so nobody can be asked. */
function refuseUnconfirmed(line: string, { globals }: Context): void {
  if (globals.yes || commandRights(undefined, line).effect !== 'destroy') return;
  throw new ZedopsError(
    'INVALID_INPUT',
    `${redactCommand(line)}: this cannot be undone, and nobody can be asked here`,
    {
      hint: 'say --yes if it is meant',
    },
  );
}
