import { useEffect, useState } from 'react';
import type { ServerDetails } from '../../../protocol/entities/server.ts';
import { ZedopsError } from '../../../protocol/errors.ts';
import { serverShow } from '../../../protocol/operations/server.ts';
import { useTui } from '../../context.ts';
import type { SeenServer } from '../../store/state.ts';

/** All that is known of a server, asked for anew whenever the fleet says that it has changed; what was known stays meanwhile. */
export function useDetails(server: SeenServer): { readonly details?: ServerDetails; readonly problem?: string } {
  const { client } = useTui();
  const [known, setKnown] = useState<{ readonly details?: ServerDetails; readonly problem?: string }>({});
  const { id, seenAt } = server;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `seenAt` says that there is something new to ask for
  useEffect(() => {
    const ending = new AbortController();
    client?.call(serverShow, { server: id }, ending.signal).then(
      ({ server: details }) => setKnown({ details }),
      (error: unknown) => {
        if (ending.signal.aborted) return;
        const problem = error instanceof ZedopsError ? error.message : String(error);
        setKnown((before) => ({ ...before, problem }));
      },
    );
    return () => ending.abort();
  }, [client, id, seenAt]);
  return known;
}
