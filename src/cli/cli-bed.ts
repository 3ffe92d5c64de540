import { PassThrough, Writable } from 'node:stream';
import { createFakeManager, type FakeAnswer, type FakeManager } from '../client/fake-manager.ts';
import { systemClock } from '../platform/clock.ts';
import { runCommandLine } from './program.ts';

/** What a command line came to in a test. */
export interface BedOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a test runs a command line. */
export interface BedOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed or piped in. */
  readonly input?: string;
  /** Whether a person sits at a terminal. */
  readonly isTty?: boolean;
  readonly signal?: AbortSignal;
}

/** A command line to try, in this process. */
export interface CliBed {
  readonly manager: FakeManager;
  run(argv: readonly string[], options?: BedOptions): Promise<BedOutcome>;
}

/** Makes a command line whose manager is answered for by the test; without answers it finds its manager itself. */
export function createCliBed(home: string, answers?: Readonly<Record<string, FakeAnswer>>): CliBed {
  const manager = createFakeManager(answers ?? {}, systemClock);
  return {
    manager,
    async run(argv, { env = {}, input, isTty = false, signal = new AbortController().signal } = {}) {
      const stdin = new PassThrough();
      if (input !== undefined) {
        if (isTty) stdin.write(input);
        else stdin.end(input);
      }
      const [stdout, stderr] = [collect(), collect()];
      const code = await runCommandLine(argv, {
        io: {
          env: { ZEDOPS_HOME: home, HOME: home, TERM: 'dumb', ...env },
          stdin,
          stdout: stdout.stream,
          stderr: stderr.stream,
          inIsTty: isTty,
          outIsTty: isTty,
          errIsTty: isTty,
          columns: 80,
          setEcho: () => undefined,
        },
        clock: systemClock,
        uid: process.getuid?.() ?? 0,
        interruption: () => signal,
        ...(answers === undefined ? {} : { connect: async () => manager }),
      });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    },
  };
}

function collect(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
