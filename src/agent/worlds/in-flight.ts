/** Work of which a few pieces are under way at once. */
export interface InFlight {
  /** Begins a piece as soon as there is room. @throws the first error of an earlier piece. */
  add(piece: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is under way. @throws the first error of a piece. */
  ended(): Promise<void>;
}

/** Makes a place for `most` pieces of work at once. Whoever adds must await {@link InFlight.ended}, also after an error. */
export function createInFlight(most: number): InFlight {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = (): void => {
    if (failure) throw failure.error;
  };
  return {
    async add(piece) {
      while (underWay.size >= most) await Promise.race(underWay);
      check();
      const running: Promise<void> = piece()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    async ended() {
      await Promise.all(underWay);
      check();
    },
  };
}
