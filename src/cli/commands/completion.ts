import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostList } from '../../protocol/operations/host.ts';
import { imageList } from '../../protocol/operations/image.ts';
import { jobList } from '../../protocol/operations/job.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { type Command, type Context, command } from '../command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
const things = ['server', 'host', 'image', 'job', 'profile'] as const;

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
      const { completionScript } = await import('../completion-script.ts');
      const script = completionScript(shell, await context.catalog());
      context.talk.show({ shell, script }, () => script);
      return undefined;
    },
  }),
  command({
    words: '__complete',
    summary: 'Print the names of servers, hosts and other things, a line each',
    input: z.object({ thing: z.enum(things) }),
    positional: ['thing'],
    isHidden: true,
    examples: [],
    async run({ thing }, context) {
      for (const name of await namesOf(thing, context)) context.io.stdout.write(`${name}\n`);
      return undefined;
    },
  }),
];

/** Completion offers what it can find out; a manager that does not answer offers nothing, and the line stays as it is. */
async function namesOf(thing: (typeof things)[number], context: Context): Promise<readonly string[]> {
  try {
    return await askNames(thing, context);
  } catch (error) {
    if (error instanceof ZedopsError) return [];
    throw error;
  }
}

async function askNames(thing: (typeof things)[number], context: Context): Promise<readonly string[]> {
  if (thing === 'profile') {
    const { readProfiles } = await import('../../client/profiles.ts');
    return (await readProfiles(context.paths)).profiles.map(({ name }) => name);
  }
  const manager = await context.manager();
  switch (thing) {
    case 'server':
      return (await manager.call(serverList, {}, context.signal)).servers.map(({ name }) => name);
    case 'host':
      return (await manager.call(hostList, {}, context.signal)).hosts.map(({ name }) => name);
    case 'image':
      return (await manager.call(imageList, {}, context.signal)).images.map(({ id }) => id);
    case 'job':
      return (await manager.call(jobList, {}, context.signal)).jobs.map(({ id }) => id);
  }
}
