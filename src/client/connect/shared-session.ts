import type { Session } from './session.ts';

interface Shared {
  readonly opening: Promise<Session>;
  session: Session | undefined;
  users: number;
}

/**
 * Lets several followers of one manager use one connection, so that it is made, and trusted, once. Who comes while it
 * stands gets the same one; it is closed when the last has closed theirs, and made anew for who comes after it was lost.
 */
export function shareSession(open: () => Promise<Session>): () => Promise<Session> {
  let shared: Shared | undefined;
  const leave = (from: Shared): void => {
    from.users -= 1;
    if (from.users > 0) return;
    from.session?.close();
    if (shared === from) shared = undefined;
  };
  return async () => {
    if (shared?.session?.lost() !== undefined) shared = undefined;
    shared ??= { opening: open(), session: undefined, users: 0 };
    const mine = shared;
    mine.users += 1;
    try {
      mine.session = await mine.opening;
    } catch (error) {
      leave(mine);
      throw error;
    }
    let isOpen = true;
    return {
      ...mine.session,
      close() {
        if (isOpen) leave(mine);
        isOpen = false;
      },
    };
  };
}
