import * as z from 'zod';
import { StopReport } from '../../protocol/entities/server.ts';

/** How a job that stopped a game says it did: as its whole reply or as the `stop` in it. Undefined where none did. */
export function stopReportOf(reply: unknown): StopReport | undefined {
  const nested = z.object({ stop: StopReport }).safeParse(reply);
  return nested.success ? nested.data.stop : StopReport.safeParse(reply).data;
}
