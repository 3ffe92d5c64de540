/** A process that plays many agents which have nothing to do, and tells each time one of them is mirrored. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { ZedopsError } from '../../src/protocol/errors.ts';
import { playAgent } from './fake-agent.ts';

const Task = z.object({ url: z.string(), codes: z.array(z.string()), folder: z.string() });

const retryMs = 2_000;

process.once('disconnect', () => process.exit(0));
process.once('message', async (message) => {
  const { url, codes, folder } = Task.parse(message);
  for (const [index, code] of codes.entries()) {
    const onMirrored = (): void => void process.send?.({ mirrored: index });
    await patiently(() => playAgent({ url, code, folder: join(folder, `fake-${index}`), onMirrored }));
  }
});

/** A manager lets so many join from one address in a minute: the others wait, as they would. */
async function patiently(join: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await join();
      return;
    } catch (error) {
      if (!(error instanceof ZedopsError) || error.code !== 'UNREACHABLE') throw error;
      await pause(retryMs);
    }
  }
}
