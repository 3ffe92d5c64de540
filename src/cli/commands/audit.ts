import * as z from 'zod';
import { auditList } from '../../protocol/operations/audit.ts';
import { type Command, command } from '../grammar/command.ts';
import { readPointInTime } from '../input/point-in-time.ts';
import { type Cell, moment, table } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';

/** `zedops audit`. */
export const auditCommands: readonly Command[] = [
  command({
    words: 'audit',
    summary: auditList.summary,
    subject: auditList.subject,
    input: auditList.request.extend({
      since: z.string().optional().describe('rows from this time on: 10m, 2h, 3d ago, or an ISO time'),
    }),
    flags: {
      since: { placeholder: 'time' },
      subject: { placeholder: 'operation' },
      actor: { placeholder: 'name' },
      limit: { placeholder: 'rows' },
    },
    examples: ['zedops audit --limit 20', 'zedops audit --since 1d --subject server --json'],
    async run({ since, ...filters }, context) {
      const manager = await context.manager();
      const from = since === undefined ? {} : { since: readPointInTime(since, '--since', context.clock.now()) };
      const reply = await manager.call(auditList, { ...filters, ...from }, context.signal);
      const paint = await createPaint(context.globals.color);
      const rows = reply.rows.map((row): Cell[] => [
        moment(row.at),
        row.actor.name || row.actor.kind,
        row.subject,
        row.target,
        { text: row.outcome, paint: row.outcome === 'ok' ? paint.good : paint.bad },
        row.from,
        row.message,
      ]);
      context.talk.show(reply, () =>
        rows.length === 0 ? '' : table(['AT', 'WHO', 'WHAT', 'ON', 'OUTCOME', 'FROM', 'MESSAGE'], rows),
      );
      return undefined;
    },
  }),
];
