import * as z from 'zod';
import { examineFleet, examineHost, type LocatedFinding } from '../../client/examine-fleet.ts';
import { managerDoctor } from '../../protocol/operations/system.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { examineThisMachine } from '../local/local-doctor.ts';
import { type Cell, duration, table } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';
import { plain } from '../output/talk.ts';

const foundExit = 10;
/** `zedops doctor`. */
export const doctorCommands: readonly Command[] = [
  command({
    words: 'doctor',
    summary: 'Examine this machine, the manager and its hosts, and say what mends what is wrong',
    input: z.object({ host: z.string().min(1).max(64).optional().describe('only this host') }),
    positional: ['host'],
    subject: managerDoctor.subject,
    examples: ['zedops doctor', 'zedops doctor box-1 --json'],
    exits: { [foundExit]: 'something is wrong' },
    async run({ host }, context) {
      const findings =
        host === undefined
          ? await examineAll(context)
          : await examineHost(host, true, { manager: await context.manager(), signal: context.signal });
      const paint = await createPaint(context.globals.color);
      const colours = { ok: paint.good, warn: paint.warn, fail: paint.bad };
      const lines = table(
        [],
        findings.map(({ where, check, level, message }): Cell[] => [
          { text: level, paint: colours[level] },
          where,
          check,
          message,
        ]),
      ).split('\n');
      context.talk.show({ findings }, () =>
        findings
          .flatMap(({ fix }, index) => [lines[index] ?? '', ...(fix === undefined ? [] : [`      → ${plain(fix)}`])])
          .join('\n'),
      );
      return findings.some(({ level }) => level === 'fail') ? foundExit : undefined;
    },
  }),
];

async function examineAll(context: Context): Promise<readonly LocatedFinding[]> {
  const here = (await examineThisMachine(context)).map((finding) => ({ where: 'here', ...finding }));
  const manager = await context.managerIfAny();
  if (!manager) {
    const none = {
      where: 'manager',
      check: 'manager',
      level: 'warn' as const,
      message: 'none is known on this account',
    };
    return [...here, { ...none, fix: 'zedops login https://<manager>:8443, or zedops up' }];
  }
  const { signal, clock } = context;
  return [...here, ...(await examineFleet({ manager, signal, now: clock.now(), span: duration }))];
}
