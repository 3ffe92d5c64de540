import * as z from 'zod';
import { HostPort } from '../../protocol/entities/port.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { portCheck, portList, portSuggest } from '../../protocol/operations/port.ts';
import { holderText, portText } from '../../protocol/port-text.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { type Cell, counted, table } from '../output/format.ts';

const checkCommand = command({
  words: 'port check',
  summary: portCheck.summary,
  details: [
    'A port without a protocol is UDP, as the game’s are. Looked at are what servers of the fleet should have on the host, also deleted ones that are not purged, what containers publish, running or not, and every socket.',
  ],
  subject: portCheck.subject,
  input: z.object({
    ports: z.array(z.string()).min(1).max(64).describe('ports, such as 16261 or 27015/tcp'),
    host: portCheck.request.shape.host,
  }),
  positional: ['ports'],
  flags: { ports: { placeholder: 'port', completes: 'nothing' } },
  examples: ['zedops port check 16261 16262 --host box-1', 'zedops port check 27015/tcp'],
  exits: { 10: 'a port is taken' },
  async run({ ports, host }, context) {
    const manager = await context.manager();
    const asked = { ports: ports.map(readPort), ...(host === undefined ? {} : { host }) };
    const reply = await manager.call(portCheck, asked, context.signal);
    if (reply.unchecked !== undefined) context.talk.warn(reply.unchecked);
    context.talk.show(reply, () =>
      table(
        ['PORT', 'STATE', 'HELD BY'],
        [
          ...reply.taken.map((one): Cell[] => [portText(one), 'taken', holderText(one)]),
          ...reply.free.map((one): Cell[] => [portText(one), 'free', undefined]),
        ],
      ),
    );
    return reply.taken.length > 0 ? 10 : undefined;
  },
});

const suggestCommand = command({
  words: 'port suggest',
  summary: portSuggest.summary,
  details: [
    'A server needs two UDP ports, the game’s and the one after it. Where servers run as processes it also needs a port for RCON; in a container that is the container’s own.',
  ],
  subject: portSuggest.subject,
  input: portSuggest.request,
  examples: ['zedops port suggest --host box-1 --count 3', 'zedops port suggest --from 20000 --to 20100 --json'],
  exits: { 10: 'the range has fewer free ports than asked for' },
  async run(input, context) {
    const manager = await context.manager();
    const reply = await manager.call(portSuggest, input, context.signal);
    const { sets, host, unchecked } = reply;
    if (unchecked !== undefined) context.talk.warn(unchecked);
    const isShort = sets.length < input.count;
    if (isShort) {
      const range = `from ${input.from} to ${input.to}`;
      context.talk.warn(`${host} has free ports for ${counted(sets.length, 'server')} ${range}; --to reaches further`);
    }
    const withRcon = sets.some(({ rcon }) => rcon !== undefined);
    context.talk.show(reply, () =>
      sets.length === 0
        ? ''
        : table(
            ['GAME', 'DIRECT', ...(withRcon ? ['RCON'] : [])],
            sets.map(({ game, direct, rcon }) => [
              `${game}/udp`,
              `${direct}/udp`,
              ...(rcon === undefined ? [] : [`${rcon}/tcp`]),
            ]),
          ),
    );
    return isShort ? 10 : undefined;
  },
});

/** The commands of `zedops port`. */
export const portCommands: readonly Command[] = [
  fromOperation(portList, {
    words: 'port list',
    details: ['With --all, what other containers and programs of the hosts have is listed too.'],
    examples: ['zedops port list', 'zedops port list --host box-1 --all'],
    answer: 'show',
    text({ ports, silentHosts }, { all }, context) {
      for (const host of silentHosts)
        context.talk.warn(`${host} could not be asked; its servers’ ports are the plan’s`);
      if (ports.length === 0) {
        context.talk.note(all ? 'No port is taken.' : 'No server has a port. --all lists what else is taken.');
        return '';
      }
      return table(
        ['HOST', 'PORT', 'USE', 'HELD BY'],
        ports.map((one) => [one.host, portText(one), one.use, holderText(one)]),
      );
    },
  }),
  checkCommand,
  suggestCommand,
];

function readPort(text: string): HostPort {
  const [, port, protocol = 'udp'] = /^(\d{1,5})(?:\/([a-z]+))?$/i.exec(text.trim()) ?? [];
  const parsed = HostPort.safeParse({ port: Number(port), protocol: protocol.toLowerCase() });
  if (parsed.success) return parsed.data;
  throw new ZedopsError('INVALID_INPUT', `"${text.slice(0, 64)}" is no port; write 16261, 16261/udp or 27015/tcp`, {
    hint: 'zedops port check --help',
  });
}
