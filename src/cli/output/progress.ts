import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { Context } from '../grammar/command.ts';

/** Shows the steps of long work on stderr until it is told to end. */
export interface Progress {
  step(step: Step): void;
  /** A remark in between, such as a lost connection. */
  remark(text: string): void;
  end(): void;
}

const silent: Progress = { step: () => undefined, remark: () => undefined, end: () => undefined };

/**
 * Makes the progress of one run: a spinner on a terminal, a line for each new step where there is none. Neither with
 * `--quiet`; and with `--json` only the spinner, so that stderr holds nothing but an error.
 */
export async function createProgress({ io, globals }: Pick<Context, 'io' | 'globals'>): Promise<Progress> {
  if (globals.quiet || (globals.json && !io.errIsTty)) return silent;
  if (!io.errIsTty || io.env.TERM === 'dumb') return plainProgress(io);
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr, discardStdin: false, color: globals.color ? 'cyan' : false });
  return {
    step(step) {
      spinner.text = describe(step);
      if (!spinner.isSpinning) spinner.start();
    },
    remark(text) {
      spinner.text = stripControls(text);
    },
    end: () => void spinner.stop(),
  };
}

function plainProgress(io: Pick<Context['io'], 'stderr'>): Progress {
  let last = '';
  return {
    step(step) {
      if (step.step === last) return;
      last = step.step;
      io.stderr.write(`… ${stripControls(step.step)}\n`);
    },
    remark: (text) => void io.stderr.write(`… ${stripControls(text)}\n`),
    end: () => undefined,
  };
}

function describe({ step, percent }: Step): string {
  const text = stripControls(step);
  if (percent === undefined) return text;
  const filled = Math.round(percent / 5);
  return `${text} ${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${Math.round(percent)} %`;
}
