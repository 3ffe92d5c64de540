import * as z from 'zod';
import { followEvents } from '../../client/follow/follow-events.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import { eventList } from '../../protocol/operations/event.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { readPointInTime } from '../input/point-in-time.ts';
import { moment } from '../output/format.ts';
import { createPaint, type Paint } from '../output/paint.ts';
import { jsonText } from '../output/talk.ts';

/** `zedops events`. */
export const eventCommands: readonly Command[] = [
  command({
    words: 'events',
    summary: eventList.summary,
    details: [
      'Oldest first: starts, stops, crashes, jobs, what others did to a container, hosts that come and go. Agents keep what happens while the manager is away. With -f it comes back by itself when the connection fails.',
      'With --json the answer is one object {"events":[…]}; with -f each event is one object on a line of its own.',
    ],
    subject: eventList.subject,
    input: eventList.request.omit({ after: true }).extend({
      since: z.string().optional().describe('events from this time on: 10m, 2h, 3d ago, or an ISO time'),
    }),
    positional: ['server'],
    flags: {
      follow: { short: 'f' },
      limit: { short: 'n', placeholder: 'events' },
      since: { placeholder: 'time' },
      host: { placeholder: 'name' },
    },
    examples: ['zedops events alpha', 'zedops events -f', 'zedops events alpha --since 1d --json'],
    async run({ since, follow, ...filters }, context) {
      const from = since === undefined ? {} : { since: readPointInTime(since, '--since', context.clock.now()) };
      const request = { ...filters, ...from };
      const manager = await context.manager();
      const paint = await createPaint(context.globals.color);
      if (!follow) {
        const reply = await manager.call(eventList, { ...request, follow }, context.signal);
        context.talk.show(reply, () => reply.events.map((event) => lineOf(event, paint)).join('\n'));
        return undefined;
      }
      await followEvents(request, {
        open: (signal) => manager.open(signal),
        take: (event) => print(event, paint, context),
        onConnection: (state) =>
          context.talk.note(
            state === 'lost' ? 'the connection is lost; trying to come back' : 'the connection is back',
          ),
        clock: context.clock,
        signal: context.signal,
      });
      return undefined;
    },
  }),
];

function print(event: FleetEvent, paint: Paint, { io, globals }: Context): void {
  io.stdout.write(`${globals.json ? jsonText(event) : lineOf(event, paint)}\n`);
}

const bad: readonly string[] = [
  'crashed',
  'gave-up',
  'restart-failed',
  'container-removed',
  'container-replaced',
  'out-of-memory',
  'job-undone',
  'host-offline',
  'events-lost',
];
const good: readonly string[] = ['ready', 'host-online'];

/** Texts name the server themselves; who did it stands behind. */
function lineOf({ at, host, kind, text, actor }: FleetEvent, paint: Paint): string {
  const painted = bad.includes(kind) ? paint.bad(kind) : good.includes(kind) ? paint.good(kind) : kind;
  const by = actor === undefined || actor === '' ? '' : paint.dim(` (${stripControls(actor)})`);
  return `${moment(at)}  ${stripControls(host)}  ${painted}  ${stripControls(text)}${by}`;
}
