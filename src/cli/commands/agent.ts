import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { type Command, command } from '../grammar/command.ts';
import { askPassword, canAsk, readSecretLine } from '../input/prompt.ts';
import { createDaemon } from '../local/daemon.ts';

/** The exit code that tells a supervisor not to start the agent again (`EX_CONFIG`). */
const rejectedExit = 78;

/** The commands of `zedops agent`. */
export const agentCommands: readonly Command[] = [
  command({
    words: 'agent run',
    summary: 'Run the agent of this host in the foreground',
    details: [
      'It needs no manager to look after its servers, and keeps trying to reach one for ever. SIGTERM ends it; the servers run on.',
    ],
    input: z.object({}),
    isDaemon: true,
    examples: ['zedops agent', 'zedops agent --setting agent.runtime=process'],
    exits: { [rejectedExit]: 'the manager has revoked or rejected this host: trying again is no use' },
    exitFor: ({ code }) => (code === 'FORBIDDEN' || code === 'UNAUTHENTICATED' ? rejectedExit : undefined),
    async run(_, context) {
      const { paths, clock } = context;
      const settings = context.settings();
      const { log, shutdown } = await createDaemon(context);
      const { runAgent } = await import('../../agent/main.ts');
      try {
        await runAgent({ paths, settings, log, clock, signal: shutdown.signal });
      } finally {
        await shutdown.end();
      }
      return undefined;
    },
  }),
  command({
    words: 'agent join',
    summary: 'Join a manager as a host, with a code from zedops host invite',
    details: ['Makes this host’s own key, which never leaves it. A host that has joined before joins anew.'],
    subject: 'host.join',
    input: z.object({
      url: z.string().min(1).max(1024).describe('address of the manager, as wss://host:8443'),
      code: z.string().max(256).optional().describe('the code; asked for if it is left out'),
      codeStdin: z.boolean().default(false).describe('read the code from stdin'),
    }),
    positional: ['url'],
    flags: { code: { placeholder: 'code' } },
    examples: ['zedops agent join wss://manager.example:8443 --code zj_…'],
    async run({ url, code, codeStdin }, context) {
      const given = code ?? (codeStdin ? await readSecretLine(context.io, 'code') : await askCode());
      const { joinManager } = await import('../../agent/link/identity.ts');
      const { hostId, name } = await joinManager(context.paths.agent, url, given.trim(), context.signal);
      context.talk.done({ hostId, name }, `joined as ${name}; zedops agent runs it`);
      return undefined;

      async function askCode(): Promise<string> {
        if (canAsk(context.io)) return askPassword(context, 'Code: ');
        throw new ZedopsError('INVALID_INPUT', 'Joining needs --code or --code-stdin', {
          hint: 'zedops host invite <name> prints the line',
        });
      }
    },
  }),
];
