import * as z from 'zod';
import { type Command, command } from '../grammar/command.ts';
import { namedThings, namesOf } from '../grammar/names-of.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `zedops completion`, and the hidden command its scripts ask for names. */
export const completionCommands: readonly Command[] = [
  command({
    words: 'completion',
    summary: 'Print the completion script of a shell',
    details: [
      'bash: source <(zedops completion bash), in ~/.bashrc. zsh: zedops completion zsh > _zedops, in a folder of $fpath. fish: zedops completion fish > ~/.config/fish/completions/zedops.fish.',
    ],
    input: z.object({ shell: z.enum(shells).describe('the shell it is for') }),
    positional: ['shell'],
    examples: ['source <(zedops completion bash)'],
    async run({ shell }, context) {
      const { completionScript } = await import('../grammar/completion-script.ts');
      const script = completionScript(shell, await context.catalog());
      context.talk.show({ shell, script }, () => script);
      return undefined;
    },
  }),
  command({
    words: '__complete',
    summary: 'Print the names of servers, hosts and other things, a line each',
    input: z.object({ thing: z.enum(namedThings) }),
    positional: ['thing'],
    isHidden: true,
    examples: [],
    async run({ thing }, context) {
      for (const name of await namesOf(thing, context)) context.io.stdout.write(`${name}\n`);
      return undefined;
    },
  }),
];
