import type * as z from 'zod';
import { runJob } from '../../client/run-job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import { confirm } from '../input/prompt.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { type Command, type Context, command } from './command.ts';
import type { FlagOverride } from './flag-override.ts';

type ObjectOperation<Request extends z.ZodObject, Reply extends z.ZodType> = OperationShape & {
  readonly request: Request;
  readonly reply: Reply;
};

interface Face<Request extends z.ZodObject, Reply extends z.ZodType> {
  readonly words: string;
  readonly short?: string;
  /** Instead of the operation's own. */
  readonly summary?: string;
  readonly details?: readonly string[];
  readonly positional?: readonly (keyof z.output<Request> & string)[];
  readonly flags?: { readonly [Key in keyof z.output<Request> & string]?: FlagOverride };
  readonly examples: readonly string[];
  readonly exits?: Readonly<Record<number, string>>;
  /** What is asked before it is done; commands without it never ask. */
  readonly question?: (input: z.output<Request>) => string;
  /** `show`: the reply is what was asked for. `done`: the reply says that a deed is done. */
  readonly answer: 'show' | 'done';
  readonly text: (reply: z.output<Reply>, input: z.output<Request>, context: Context) => string | Promise<string>;
}

/** Makes the command of an operation that is asked once: flags, help and types come from the operation. */
export function fromOperation<Request extends z.ZodObject, Reply extends z.ZodType>(
  operation: ObjectOperation<Request, Reply>,
  face: Face<Request, Reply>,
): Command {
  const { question, answer, text, ...facts } = face;
  return command({
    ...facts,
    summary: face.summary ?? operation.summary,
    input: operation.request,
    subject: operation.subject,
    async run(input, context) {
      if (question) await confirm(context, question(input));
      const manager = await context.manager();
      const reply = await manager.call(operation, input, context.signal);
      const words = context.globals.json ? '' : await text(reply, input, context);
      if (answer === 'done') context.talk.done(reply, words);
      else context.talk.show(reply, () => words);
      return undefined;
    },
  });
}

/** What {@link runLong} may be told. */
interface LongOptions {
  /** Come back as soon as the work has begun. */
  readonly detach: boolean;
  /** What is being done, for messages: `Stopping alpha`. */
  readonly doing: string;
  /** Where steps are shown; else it shows them itself. */
  readonly progress?: Progress | undefined;
}

/** What became of long work: its reply, or the job it goes on as. */
export type LongOutcome<Reply> = { readonly reply: Reply; readonly seconds: number } | { readonly job: string };

/**
 * Asks for long work and shows its steps. Ctrl-C leaves it to itself and says how to come back to it.
 * @throws ZedopsError the work's own; CANCELLED with that hint.
 */
export async function runLong<Request extends z.ZodType, Progress extends z.ZodType, Reply extends z.ZodType>(
  operation: OperationShape & { request: Request; progress: Progress; reply: Reply },
  data: z.input<Request>,
  context: Context,
  { detach, doing, progress: shared }: LongOptions,
): Promise<LongOutcome<z.output<Reply>>> {
  const { clock, signal } = context;
  const manager = await context.manager();
  const id = newId(clock.now());
  const begun = clock.now();
  const left = new AbortController();
  let hasBegun = false;
  const progress = shared ?? (await createProgress(context));
  try {
    const reply = await runJob(operation, data, {
      id,
      clock,
      open: (openSignal) => manager.open(openSignal),
      signal: AbortSignal.any([signal, left.signal]),
      onStep(step) {
        hasBegun = true;
        if (step.isWarning) context.talk.warn(step.step);
        else if (detach) left.abort();
        else progress.step(step);
      },
      onConnection: (state) =>
        progress.remark(
          state === 'lost' ? 'the connection to the manager is lost; trying to come back' : 'the connection is back',
        ),
    });
    return { reply, seconds: (clock.now() - begun) / 1000 };
  } catch (error) {
    if (left.signal.aborted && !signal.aborted) return { job: id };
    if (signal.aborted && hasBegun && operation.lasting === 'job') {
      throw new ZedopsError('CANCELLED', `${doing} goes on without you`, {
        hint: `zedops job watch ${id}`,
        cause: error,
      });
    }
    throw error;
  } finally {
    if (!shared) progress.end();
  }
}

/** Says that work goes on as a job; with `--json`, `{"job":"<id>"}`. The id is the result, so `--quiet` prints it too. */
export function tellJob({ talk }: Context, job: string): void {
  talk.show({ job }, () => job);
  talk.note(`it goes on as a job: zedops job watch ${job}`);
}
