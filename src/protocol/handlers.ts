import * as z from 'zod';
import { invalidInput } from './errors.ts';
import type { OperationShape } from './operation.ts';

/** What every handler is given besides its request, whichever room it runs in. */
export interface HandlerContext {
  /** The first asker's id, the same in audit row, job and log. */
  readonly id: string;
  /** Aborted when the asker cancels or is gone. */
  readonly signal: AbortSignal;
  readonly progress: (data: unknown) => void;
}

/** An operation joined to the function that carries it out, with parsing on both sides of it. */
export interface BoundHandler<Subject extends string, Context extends HandlerContext> {
  readonly subject: Subject;
  readonly operation: OperationShape;
  /** @throws ZedopsError INVALID_INPUT when `data` does not fit the operation's request. */
  readonly run: (data: unknown, context: Context) => Promise<unknown>;
}

/** Joins an operation to its handler, so that types on both sides come from the operation alone. */
export function handle<
  Subject extends string,
  Request extends z.ZodType,
  Progress extends z.ZodType,
  Reply extends z.ZodType,
  Context extends HandlerContext,
>(
  operation: OperationShape & { subject: Subject; request: Request; progress: Progress; reply: Reply },
  handler: (
    input: z.output<Request>,
    context: Omit<Context, 'progress'> & { readonly progress: (data: z.input<Progress>) => void },
  ) => Promise<z.input<Reply>>,
): BoundHandler<Subject, Context> {
  return {
    subject: operation.subject,
    operation,
    run: async (data, context) => {
      const input = operation.request.safeParse(data);
      if (!input.success) throw invalidInput(operation.subject, input.error);
      return operation.reply.parse(await handler(input.data, context));
    },
  };
}

/** {@link handle} for a room whose handlers are all given the same context. */
export function handleWith<Context extends HandlerContext>() {
  return <Subject extends string, Request extends z.ZodType, Progress extends z.ZodType, Reply extends z.ZodType>(
    operation: OperationShape & { subject: Subject; request: Request; progress: Progress; reply: Reply },
    handler: (
      input: z.output<Request>,
      context: Omit<Context, 'progress'> & { readonly progress: (data: z.input<Progress>) => void },
    ) => Promise<z.input<Reply>>,
  ): BoundHandler<Subject, Context> => handle<Subject, Request, Progress, Reply, Context>(operation, handler);
}

/** Handlers by subject. */
export type HandlerTable<Context extends HandlerContext> = ReadonlyMap<string, BoundHandler<string, Context>>;

type Complete<Subjects extends string, Handled extends string> = [Exclude<Subjects, Handled>] extends [never]
  ? unknown
  : { readonly missing: Exclude<Subjects, Handled> };

/** Makes a room's table. An operation of `Operations` without a handler does not compile: the type names what is missing. */
export function handlerTable<Operations extends OperationShape>() {
  return <Context extends HandlerContext, Handled extends Operations['subject']>(
    handlers: readonly BoundHandler<Handled, Context>[] & Complete<Operations['subject'], Handled>,
  ): HandlerTable<Context> => {
    const table = new Map<string, BoundHandler<string, Context>>();
    for (const bound of handlers) table.set(bound.subject, bound);
    return table;
  };
}

/** Progress of an operation that has none. */
export const noProgress = z.never();
