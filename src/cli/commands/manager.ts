import * as z from 'zod';
import { managerShow } from '../../protocol/operations/system.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { createDaemon } from '../local/daemon.ts';
import { bytes, counted, duration, moment, pairs } from '../output/format.ts';

/** The commands of `zedops manager`. */
export const managerCommands: readonly Command[] = [
  command({
    words: 'manager run',
    summary: 'Run the manager in the foreground',
    details: ['SIGTERM ends it in order. Agents and viewers come back by themselves when it starts again.'],
    input: z.object({}),
    isDaemon: true,
    examples: ['zedops manager', 'zedops manager --setting manager.listen=127.0.0.1:9443'],
    async run(_, context) {
      const { paths, clock } = context;
      const settings = context.settings();
      const { log, shutdown } = await createDaemon(context);
      const { runManager } = await import('../../manager/main.ts');
      try {
        await runManager({ paths, settings, log, clock, signal: shutdown.signal });
      } finally {
        await shutdown.end();
      }
      return undefined;
    },
  }),
  command({
    words: 'manager init',
    summary: 'Set a manager up: print the line with which its owner signs in',
    details: [
      'The code works once, for a day. There is no default password. A manager that has an owner already refuses.',
    ],
    input: z.object({}),
    examples: ['zedops manager init'],
    async run(_, context) {
      const { paths, clock } = context;
      const settings = context.settings();
      const { initManager } = await import('../../manager/main.ts');
      const reply = await initManager({ paths, settings, clock });
      const port = /:(\d+)$/.exec(settings.get('manager.listen'))?.[1] ?? '8443';
      context.talk.show(reply, () => `zedops login https://localhost:${port} --code ${reply.code}`);
      context.talk.note(
        `start it with zedops manager, then sign in with this line; it works once, until ${moment(reply.expiresAt)}`,
      );
      return undefined;
    },
  }),
  fromOperation(managerShow, {
    words: 'manager show',
    examples: ['zedops manager show'],
    answer: 'show',
    text: ({ version, nodeVersion, startedAt, clock, fingerprint, listen, hostsOnline, memoryBytes }) =>
      pairs([
        ['version', `${version} on Node ${nodeVersion}`],
        ['up', duration(Math.max(0, (Date.parse(clock) - Date.parse(startedAt)) / 1000))],
        ['listens on', listen.join(', ')],
        ['authority', fingerprint],
        ['hosts', `${counted(hostsOnline, 'host')} online`],
        ['memory', bytes(memoryBytes)],
        ['clock', moment(clock)],
      ]),
  }),
];
