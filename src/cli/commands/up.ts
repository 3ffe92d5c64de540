import { hostname } from 'node:os';
import * as z from 'zod';
import { HostName } from '../../protocol/entities/host.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type Command, command } from '../grammar/command.ts';
import { createDaemon } from '../local/daemon.ts';

/** `zedops up`. */
export const upCommands: readonly Command[] = [
  command({
    words: 'up',
    summary: 'Run manager and agent on this machine, in one process',
    details: [
      'For one machine. Your own account on it needs no login. Ctrl-C ends both; the servers run on, and are there again at the next start.',
    ],
    input: z.object({ hostName: HostName.optional().describe('name of this machine as a host; else its own name') }),
    flags: { hostName: { placeholder: 'name' } },
    isDaemon: true,
    examples: ['zedops up', 'zedops up --host-name box-1 --setting manager.listen=127.0.0.1:8443'],
    async run({ hostName }, context) {
      const { paths, clock, talk } = context;
      const settings = context.settings();
      const { log, shutdown } = await createDaemon(context, 'warn');
      const [{ startManager }, { runLocalAgent }] = await Promise.all([
        import('../../manager/main.ts'),
        import('../../agent/main.ts'),
      ]);
      const name = hostName ?? ownName();
      try {
        const manager = await startManager({ paths, settings, log, clock });
        shutdown.add('manager', () => manager.stop());
        const agent = await runLocalAgent({ paths, settings, log, clock, signal: shutdown.signal }, async () => {
          const { wire } = await manager.attachLocalAgent(name);
          return wire;
        });
        shutdown.add('agent', () => agent.ended);
        talk.show(
          { url: manager.url, fingerprint: manager.fingerprint, host: name },
          () => `ZedOps is up at ${manager.url}, with this machine as host ${name}`,
        );
        talk.note(`authority ${manager.fingerprint}`);
        talk.note('in another terminal: zedops server template steam-zomboid > alpha.env');
        talk.note('then:                zedops server create alpha --env-file alpha.env');
        const severed = await Promise.race([shutdown.done, agent.severed]);
        if (severed && !shutdown.signal.aborted) {
          throw new ZedopsError('FORBIDDEN', `The manager let go of ${name}: ${severed.reason}`, {
            hint: `zedops host remove ${name}, then zedops up again`,
          });
        }
      } finally {
        await shutdown.end();
      }
      return undefined;
    },
  }),
];

/** This machine's name in the letters a host's name may have. */
function ownName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
  return HostName.safeParse(name).success ? name : 'this-machine';
}
