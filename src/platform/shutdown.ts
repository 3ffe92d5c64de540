/** Runs clean-up in reverse order of registration when the process is told to end. */
export interface Shutdown {
  /** Aborted at the first SIGTERM, SIGINT or SIGHUP, or by {@link end}. */
  readonly signal: AbortSignal;
  /** Registers work for the end; each piece is given the same deadline. */
  add(name: string, task: () => void | Promise<void>): void;
  /** Ends as a signal would, and resolves when all tasks have. */
  end(): Promise<void>;
  /** Resolves when all tasks have run. */
  readonly done: Promise<void>;
}

/** What {@link createShutdown} needs. */
export interface ShutdownOptions {
  /** Milliseconds all tasks together may take. */
  readonly deadlineMs: number;
  readonly onProblem: (name: string, error: unknown) => void;
  /** Where signals come from; the process, unless a test says otherwise. */
  readonly source?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Listens for the signals that end a daemon. A second signal while tasks run ends the process at once. */
export function createShutdown({ deadlineMs, onProblem, source = process }: ShutdownOptions): Shutdown {
  const controller = new AbortController();
  const tasks: { name: string; task: () => void | Promise<void> }[] = [];
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = async (): Promise<void> => {
    for (const { name, task } of tasks.reverse()) {
      try {
        await task();
      } catch (error) {
        onProblem(name, error);
      }
    }
  };
  const end = async (): Promise<void> => {
    if (controller.signal.aborted) return done;
    controller.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        onProblem('shutdown', new Error(`not done after ${deadlineMs} ms`));
        resolve();
      }, deadlineMs);
    });
    await Promise.race([run(), late]);
    clearTimeout(timer);
    for (const name of signals) source.off(name, onSignal);
    finish();
    return done;
  };
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    void end();
  };
  for (const name of signals) source.on(name, onSignal);
  return { signal: controller.signal, add: (name, task) => void tasks.push({ name, task }), end, done };
}
