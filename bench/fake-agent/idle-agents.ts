/** A process that plays many agents which have nothing to do, for the bench of memory. */
import { join } from 'node:path';
import * as z from 'zod';
import { playAgent } from './fake-agent.ts';

const Task = z.object({ url: z.string(), codes: z.array(z.string()), folder: z.string() });

process.once('disconnect', () => process.exit(0));
process.once('message', async (message) => {
  const { url, codes, folder } = Task.parse(message);
  for (const [index, code] of codes.entries()) await playAgent({ url, code, folder: join(folder, `fake-${index}`) });
});
