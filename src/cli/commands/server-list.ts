import * as z from 'zod';
import type { ServerMetrics } from '../../protocol/entities/metrics.ts';
import type { ServerSummary } from '../../protocol/entities/server.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { type Context, command } from '../grammar/command.ts';
import { deletedTable } from '../output/deleted-table.ts';
import { type Cell, duration, table } from '../output/format.ts';
import { cpuText, memoryText } from '../output/metrics-text.ts';
import { createPaint } from '../output/paint.ts';
import { stateCell } from '../output/state-cell.ts';
import { withUnmanaged } from './server-unmanaged.ts';

const listing = command({
  words: 'server list',
  short: 'ps',
  summary: serverList.summary,
  subject: serverList.subject,
  input: serverList.request.extend({
    wide: z.boolean().default(false).describe('also CPU (100% is one core) and memory, asked of the hosts now'),
  }),
  flags: { on: { placeholder: 'selector' } },
  examples: ['zedops server list', 'zedops ps --wide', 'zedops ps --host box-1 --json', "zedops ps --on 'state=ready'"],
  async run({ wide, ...request }, context) {
    const manager = await context.manager();
    const reply = await manager.call(serverList, request, context.signal);
    // Loaded by who asks for it: most lists are without.
    const use = wide ? (await (await import('../output/ask-metrics.ts')).metricsOfFleet(context))?.servers : undefined;
    const shown = {
      ...reply,
      servers: reply.servers.map((server) => {
        const found = use?.get(server.id);
        if (found === undefined) return server;
        const { id: _, name: __, host: ___, ...metrics } = found;
        return { ...server, metrics };
      }),
    };
    const words = context.globals.json ? '' : await listText(shown, { ...request, wide }, context);
    context.talk.show(shown, () => words);
    return undefined;
  },
});

/** `zedops server list`, `zedops ps`. */
export const serverListCommand = withUnmanaged(listing);

interface Listed extends Omit<z.output<typeof serverList.reply>, 'servers'> {
  readonly servers: readonly (ServerSummary & { readonly metrics?: ServerMetrics })[];
}

async function listText(
  { servers, undecided = [] }: Listed,
  { on, deleted, wide }: Pick<z.output<typeof serverList.request>, 'on' | 'deleted'> & { readonly wide: boolean },
  context: Context,
): Promise<string> {
  if (undecided.length > 0) {
    context.talk.warn(`left out, because it is not known how many are online: ${undecided.join(', ')}`);
  }
  if (servers.length === 0 && on !== undefined) {
    context.talk.note(`No server fits "${on}".`);
    return '';
  }
  if (deleted && servers.length > 0) return deletedTable(servers, context.clock.now());
  if (servers.length === 0) {
    if (deleted) {
      context.talk.note('No deleted servers.');
      return '';
    }
    context.talk.note('No servers. zedops server create <name> --env-file <file> makes one.');
    return '';
  }
  const paint = await createPaint(context.globals.color);
  const hasTags = servers.some(({ tags }) => tags !== undefined);
  const rows = servers.map((server): Cell[] => [
    server.name,
    server.host,
    stateCell(server, paint),
    ...(wide ? [cpuText(server.metrics), memoryText(server.metrics)] : []),
    server.image,
    ports(server),
    server.readySeconds === undefined ? undefined : duration(server.readySeconds),
    ...(hasTags ? [server.tags?.join(' ')] : []),
  ]);
  const use = wide ? ['CPU', 'MEMORY'] : [];
  const tags = hasTags ? ['TAGS'] : [];
  return table(['NAME', 'HOST', 'STATE', ...use, 'IMAGE', 'PORTS', 'UPTIME', ...tags], rows);
}

function ports(server: ServerSummary): string {
  return server.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(' ');
}
