import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverBroadcast } from '../../protocol/operations/player.ts';
import { bulkDetails, bulkFlags, bulkShape, oneOrMany } from '../grammar/bulk.ts';
import { command } from '../grammar/command.ts';

/** `zedops server broadcast`. */
export const broadcastCommand = command({
  words: 'server broadcast',
  summary: serverBroadcast.summary,
  details: ['With --on the text is the only argument. The game shows quotes as apostrophes.', bulkDetails],
  subject: serverBroadcast.subject,
  input: z.object({
    ...bulkShape,
    // With --on it is the text that stands here.
    server: z.string().min(1).max(400).optional().describe('server, by name or id'),
    text: z.string().min(1).max(400).optional().describe('what to say'),
  }),
  positional: ['server', 'text'],
  flags: { ...bulkFlags },
  examples: [
    'zedops server broadcast alpha "restart in ten minutes"',
    'zedops server broadcast --on \'tag=eu and state=ready\' "restart in ten minutes" --yes',
  ],
  run({ server: first, text: second, on, parallel, keepGoing }, context) {
    // With a selector there is no server to name, and the first word is the text.
    const server = on === undefined ? first : undefined;
    const text = on === undefined ? second : first;
    if (text === undefined || (on !== undefined && second !== undefined)) {
      throw new ZedopsError('INVALID_INPUT', 'zedops server broadcast needs a server, or --on, and one text', {
        hint: 'zedops server broadcast --help',
      });
    }
    return oneOrMany({ server, on, parallel, keepGoing }, context, {
      verb: 'broadcast to',
      async act(id) {
        const manager = await context.manager();
        const begun = context.clock.now();
        const reply = await manager.call(serverBroadcast, { server: id, text }, context.signal);
        return { reply, seconds: (context.clock.now() - begun) / 1000 };
      },
      sentence: (name) => `everyone on ${name} was shown "${text}"`,
    });
  },
});
