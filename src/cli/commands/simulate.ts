import * as z from 'zod';
import { type Command, command } from '../grammar/command.ts';

/** `zedops simulate`. */
export const simulateCommands: readonly Command[] = [
  command({
    words: 'simulate',
    summary: 'Run a stand-in for a Project Zomboid server, for trials and tests',
    details: [
      'It is not the game. It behaves as the game does where ZedOps touches it: settings, log lines, RCON, save folder, signals. Its options are told by env and by what follows.',
    ],
    input: z.object({ args: z.array(z.string()) }),
    positional: ['args'],
    isRaw: true,
    isDaemon: true,
    examples: ['SIM_STARTUP_SECONDS=1 zedops simulate'],
    async run({ args }, { io }) {
      const { runSimulator } = await import('../../simulator/main.ts');
      return runSimulator({ env: io.env, argv: args, stdin: io.stdin, stdout: io.stdout, stderr: io.stderr });
    },
  }),
];
