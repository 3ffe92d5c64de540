/** Does something to each of many, at most `atOnce` at a time, and resolves with what came of it in the same order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: { readonly index: number; readonly result: Result }[] = [];
  const waiting = items.map((item, index) => ({ item, index }));
  let hasFailed = false;
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (let next = waiting.shift(); next && !hasFailed; next = waiting.shift()) {
      const { index } = next;
      try {
        results.push({ index, result: await work(next.item) });
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  });
  await Promise.all(workers);
  return results.toSorted((a, b) => a.index - b.index).map(({ result }) => result);
}
