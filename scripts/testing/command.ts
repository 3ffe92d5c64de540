import { execa } from 'execa';

/** How a command of a run went. */
export interface CommandResult {
  /** Absent where a signal ended it or it could not be started. */
  readonly exitCode: number | undefined;
  /** What it wrote, stdout and stderr as they came; empty where it wrote to the terminal itself. */
  readonly output: string;
  readonly seconds: number;
  readonly timedOut: boolean;
}

/** How {@link createCommands} runs one. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the output instead of showing it as it comes. */
  readonly quiet?: boolean;
  /** Seconds after which it is ended, with everything it started. */
  readonly deadline?: number;
}

/** Runs commands, each in a process group of its own, and ends those under way when told to. */
export interface Commands {
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Ends what runs now, and lets nothing start any more. */
  stop(): void;
}

/** Makes {@link Commands} that run in `cwd` with `node` and the tools of the checkout first on the path. */
export function createCommands(cwd: string): Commands {
  const running = new Set<number>();
  let stopped = false;
  const endGroup = (leader: number, signal: NodeJS.Signals): void => {
    try {
      process.kill(-leader, signal);
    } catch (error) {
      // The group ended by itself meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  return {
    async run(command, args, { env = {}, quiet = false, deadline = 840 } = {}) {
      const begun = performance.now();
      const seconds = (): number => (performance.now() - begun) / 1000;
      if (stopped) return { exitCode: undefined, output: 'stopped', seconds: 0, timedOut: false };
      const child = execa(command, args, {
        cwd,
        env,
        preferLocal: true,
        detached: true,
        cleanup: false,
        reject: false,
        all: true,
        stdin: 'ignore',
        ...(quiet ? {} : { stdout: 'inherit', stderr: 'inherit' }),
        maxBuffer: 64 * 1024 * 1024,
      });
      const { pid } = child;
      if (pid !== undefined) running.add(pid);
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        if (pid !== undefined) endGroup(pid, 'SIGKILL');
      }, deadline * 1000);
      const result = await child;
      clearTimeout(timer);
      if (pid !== undefined) {
        running.delete(pid);
        // What it left in its group has no one to wait for it any more.
        endGroup(pid, 'SIGKILL');
      }
      const failedToStart = pid === undefined ? `${command} could not be started: ${result.message ?? ''}` : '';
      return { exitCode: result.exitCode, output: `${result.all ?? ''}${failedToStart}`, seconds: seconds(), timedOut };
    },
    stop() {
      stopped = true;
      for (const pid of running) endGroup(pid, 'SIGTERM');
    },
  };
}
