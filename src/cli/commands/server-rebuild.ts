import * as z from 'zod';
import { serverRebuild, serverRename } from '../../protocol/operations/server-edit.ts';
import { command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { stopSentence } from '../input/leave.ts';
import { duration } from '../output/format.ts';

/** `zedops server rebuild`. */
export const serverRebuildCommand = command({
  words: 'server rebuild',
  summary: serverRebuild.summary,
  details: [
    'What has to be pulled is pulled while the old container runs; then the game is stopped as by server stop. The old container is kept, stopped, until the new one is ready, and comes back by itself when that fails or is cancelled. A server that is off stays off.',
  ],
  subject: serverRebuild.subject,
  input: serverRebuild.request.extend({
    detach: z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job'),
  }),
  positional: ['server'],
  examples: ['zedops server rebuild alpha', 'zedops server rebuild alpha --pull --detach'],
  async run({ server, pull, detach }, context) {
    const outcome = await runLong(serverRebuild, { server, pull }, context, {
      detach,
      doing: `Rebuilding ${server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { stop, state } = outcome.reply;
      const stopped = stop === undefined ? '' : `${stopSentence(server, stop)}; `;
      context.talk.done(
        outcome.reply,
        `${stopped}${server} is rebuilt and ${state} after ${duration(outcome.seconds)}`,
      );
    }
    return undefined;
  },
});

/** `zedops server rename`. */
export const serverRenameCommand = command({
  words: 'server rename',
  summary: serverRename.summary,
  details: ['Nothing is stopped. The world keeps its name and its folder on the host, which the answer tells.'],
  subject: serverRename.subject,
  input: serverRename.request,
  positional: ['server', 'name'],
  flags: { name: { completes: 'nothing' } },
  examples: ['zedops server rename alpha bravo'],
  async run({ server, name }, context) {
    const outcome = await runLong(serverRename, { server, name }, context, {
      detach: false,
      doing: `Renaming ${server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { reply } = outcome;
      context.talk.done(reply, `${server} is now ${reply.name}; its world stays in ${reply.folder}`);
    }
    return undefined;
  },
});
