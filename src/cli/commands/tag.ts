import * as z from 'zod';
import { HostRef } from '../../protocol/entities/host.ts';
import { ServerRef } from '../../protocol/entities/server.ts';
import { Tags } from '../../protocol/entities/tag.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostShow } from '../../protocol/operations/host.ts';
import { serverShow } from '../../protocol/operations/server.ts';
import { hostTag, serverTag } from '../../protocol/operations/tag.ts';
import { type Context, command } from '../grammar/command.ts';

const change = {
  action: z.enum(['add', 'remove', 'list']).describe('what to do'),
  tags: Tags.default([]).describe('tags: 1 to 32 of a-z, 0-9, dot, colon, dash and underscore'),
};

/** `zedops server tag`. */
export const serverTagCommand = command({
  words: 'server tag',
  summary: 'Add, remove or list the tags of a server',
  details: ['Selectors find servers by their tags: zedops server list --on tag=eu.'],
  subject: serverTag.subject,
  input: z.object({ action: change.action, server: ServerRef, tags: change.tags }),
  positional: ['action', 'server', 'tags'],
  flags: { tags: { placeholder: 'tag' }, action: { placeholder: 'add|remove|list' } },
  examples: [
    'zedops server tag add alpha eu vanilla',
    'zedops server tag remove alpha eu',
    'zedops server tag list alpha',
  ],
  async run({ action, server, tags }, context) {
    const manager = await context.manager();
    checkTags(action, tags, 'server');
    if (action === 'list') {
      const { server: shown } = await manager.call(serverShow, { server }, context.signal);
      showTags(context, shown.name, shown.tags ?? []);
    } else tell(context, await manager.call(serverTag, { server, [action]: tags }, context.signal));
    return undefined;
  },
});

/** `zedops host tag`. */
export const hostTagCommand = command({
  words: 'host tag',
  summary: 'Add, remove or list the tags of a host',
  details: ['Selectors find the servers of a host by its tags: zedops server list --on host.tag=ssd.'],
  subject: hostTag.subject,
  input: z.object({ action: change.action, host: HostRef, tags: change.tags }),
  positional: ['action', 'host', 'tags'],
  flags: { tags: { placeholder: 'tag' }, action: { placeholder: 'add|remove|list' } },
  examples: ['zedops host tag add box-1 ssd', 'zedops host tag remove box-1 ssd', 'zedops host tag list box-1'],
  async run({ action, host, tags }, context) {
    const manager = await context.manager();
    checkTags(action, tags, 'host');
    if (action === 'list') {
      const { host: shown } = await manager.call(hostShow, { host }, context.signal);
      showTags(context, shown.name, shown.tags ?? []);
    } else tell(context, await manager.call(hostTag, { host, [action]: tags }, context.signal));
    return undefined;
  },
});

function checkTags(action: 'add' | 'remove' | 'list', tags: readonly string[], noun: 'server' | 'host'): void {
  if ((action === 'list') === (tags.length === 0)) return;
  const what = action === 'list' ? 'takes no tags' : 'needs one tag or more';
  throw new ZedopsError('INVALID_INPUT', `zedops ${noun} tag ${action} ${what}`, { hint: `zedops ${noun} tag --help` });
}

function showTags({ talk }: Context, name: string, tags: readonly string[]): void {
  talk.show({ name, tags }, () => tags.join('\n'));
}

function tell({ talk }: Context, reply: { readonly name: string; readonly tags: readonly string[] }): void {
  const { name, tags } = reply;
  talk.done(reply, tags.length === 0 ? `${name} has no tags` : `${name} has the tags ${tags.join(', ')}`);
}
