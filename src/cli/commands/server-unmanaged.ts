import * as z from 'zod';
import { HostRef } from '../../protocol/entities/host.ts';
import type { Command } from '../grammar/command.ts';

const unmanaged = z
  .boolean()
  .default(false)
  .describe('what looks like a game server on the hosts and is not run by ZedOps');
const Wanted = z.object({ host: HostRef.optional(), unmanaged });

/** Gives the list of servers the option `--unmanaged`, which lists what could be adopted instead. */
export function withUnmanaged(listing: Command): Command {
  return {
    ...listing,
    input: listing.input.extend({ unmanaged }),
    examples: [...listing.examples, 'zedops server list --unmanaged --host box-1'],
    async invoke(values, context, fail) {
      const wanted = Wanted.safeParse(values);
      if (!wanted.data?.unmanaged) return listing.invoke(values, context, fail);
      const { listUnmanaged } = await import('../output/unmanaged-list.ts');
      await listUnmanaged(wanted.data.host, context);
      return 0;
    },
  };
}
